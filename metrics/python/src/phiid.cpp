// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <phiscope/discrete_phiid.hpp>
#include <phiscope/gaussian_information.hpp>
#include <phiscope/gaussian_phiid.hpp>
#include <phiscope/information_bias.hpp>
#include <phiscope/phiid_atoms.hpp>
#include <phiscope/phiid_pairs.hpp>
#include <phiscope/phiid_redundancy.hpp>
#include <phiscope/phiid_table.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <limits>

/// How is information about the future shared between two series?
namespace phiscope::python {
namespace {

using nb::literals::operator""_a;

constexpr PhiidOptions defaults;

PhiidAtom atom_of(const std::string& name) {
  const auto* const place = std::find(phiid_atom_names.begin(), phiid_atom_names.end(), name);
  if (place != phiid_atom_names.end()) {
    return static_cast<PhiidAtom>(place - phiid_atom_names.begin());
  }
  throw std::invalid_argument("atom: '" + name + "', expected one of ATOMS");
}

Redundancy redundancy_of(const std::string& name) {
  return choice<Redundancy>("redundancy", name,
                            {{"mmi", Redundancy::mmi}, {"ccs", Redundancy::ccs}});
}

/// The atoms by name.
nb::dict named(const PhiidAtoms& atoms) {
  nb::dict result;
  for (std::size_t i = 0; i < phiid_atom_count; ++i) {
    result[nb::str(phiid_atom_names[i].data())] = atoms[i];
  }
  return result;
}

void bind_information(nb::module_& m) {
  Result<PhiidInformation>(m, "PhiidInformation")
      .field("xta", &PhiidInformation::xta)
      .field("xtb", &PhiidInformation::xtb)
      .field("yta", &PhiidInformation::yta)
      .field("ytb", &PhiidInformation::ytb)
      .field("xyta", &PhiidInformation::xyta)
      .field("xytb", &PhiidInformation::xytb)
      .field("xtab", &PhiidInformation::xtab)
      .field("ytab", &PhiidInformation::ytab)
      .field("xytab", &PhiidInformation::xytab)
      .method(
          "__init__",
          [](PhiidInformation* self, double xta, double xtb, double yta, double ytb, double xyta,
             double xytb, double xtab, double ytab, double xytab) {
            new (self) PhiidInformation{xta, xtb, yta, ytb, xyta, xytb, xtab, ytab, xytab};
          },
          nb::kw_only(), "xta"_a, "xtb"_a, "yta"_a, "ytb"_a, "xyta"_a, "xytb"_a, "xtab"_a, "ytab"_a,
          "xytab"_a);
  Result<PhiidRedundancy>(m, "PhiidRedundancy")
      .field("xyta", &PhiidRedundancy::xyta)
      .field("xytb", &PhiidRedundancy::xytb)
      .field("xytab", &PhiidRedundancy::xytab)
      .field("abtx", &PhiidRedundancy::abtx)
      .field("abty", &PhiidRedundancy::abty)
      .field("abtxy", &PhiidRedundancy::abtxy)
      .field("rtr", &PhiidRedundancy::rtr);
  define(
      m, "phiid_atoms",
      [](const PhiidInformation& i, const PhiidRedundancy& r) { return named(phiid_atoms(i, r)); },
      "information"_a, "redundancy"_a);
  define(
      m, "mmi_redundancy",
      [](const PhiidInformation& mean, const std::optional<PhiidInformation>& local) {
        return local ? mmi_redundancy(mean, *local) : mmi_redundancy(mean);
      },
      "mean"_a, "local"_a = nb::none());
  define(m, "ccs_redundancy", &ccs_redundancy, "local"_a, nb::kw_only(),
         "sign_tolerance"_a = defaults.sign_tolerance);
  define(m, "information_bias_nats", &information_bias_nats, "degrees"_a, "samples"_a);
  define(m, "gaussian_bias", &gaussian_bias, "transitions"_a);
  define(m, "binary_bias", &binary_bias, "transitions"_a);
}

void bind_correlations(nb::module_& m) {
  Result<LaggedCorrelations>(m, "LaggedCorrelations")
      .field("past", &LaggedCorrelations::past)
      .field("future", &LaggedCorrelations::future)
      .field("xa", &LaggedCorrelations::xa)
      .field("xb", &LaggedCorrelations::xb)
      .field("ya", &LaggedCorrelations::ya)
      .field("yb", &LaggedCorrelations::yb)
      .method(
          "__init__",
          [](LaggedCorrelations* self, double past, double future, double xa, double xb, double ya,
             double yb) { new (self) LaggedCorrelations{past, future, xa, xb, ya, yb}; },
          nb::kw_only(), "past"_a, "future"_a, "xa"_a, "xb"_a, "ya"_a, "yb"_a);
  define(
      m, "gaussian_information",
      [](const LaggedCorrelations& r) {
        if (is_singular(r, defaults.singular_ratio)) {
          throw std::invalid_argument("gaussian_information: the correlations are singular");
        }
        return gaussian_information(r);
      },
      "correlations"_a);
  define(
      m, "is_singular",
      [](const LaggedCorrelations& r, double ratio) { return is_singular(r, ratio); },
      "correlations"_a, "ratio"_a = defaults.singular_ratio);
}

void bind_two_series(nb::module_& m) {
  Result<Phiid>(m, "Phiid")
      .field("status", &Phiid::status)
      .field("transitions", &Phiid::transitions)
      .property("atoms", [](const Phiid& p) { return named(p.atoms); })
      .field("information", &Phiid::information)
      .field("redundancy", &Phiid::redundancy)
      .property("local",
                [](const Phiid& p) {
                  return matrix(p.local, p.local.empty() ? 0 : phiid_atom_count,
                                p.local.size() / phiid_atom_count);
                })
      .method(
          "at", [](const Phiid& p, const std::string& atom) { return p.at(atom_of(atom)); },
          "atom"_a, doc("Phiid.at"));
  define(
      m, "gaussian_phiid",
      [](const Array& x, const Array& y, std::size_t lag, const std::string& redundancy,
         double singular_ratio, double sign_tolerance, bool bias_correction, bool local) {
        const PhiidOptions options{.redundancy = redundancy_of(redundancy),
                                   .kind = PhiidKind::gaussian,
                                   .lag = lag,
                                   .singular_ratio = singular_ratio,
                                   .sign_tolerance = sign_tolerance,
                                   .bias_correction = bias_correction};
        const PhiidLocal wanted = local ? PhiidLocal::yes : PhiidLocal::no;
        return with_two_series(
            x, "x", y, "y", [&](auto a, auto b) { return gaussian_phiid(a, b, options, wanted); });
      },
      "x"_a, "y"_a, nb::kw_only(), "lag"_a = defaults.lag, "redundancy"_a = "mmi",
      "singular_ratio"_a = defaults.singular_ratio, "sign_tolerance"_a = defaults.sign_tolerance,
      "bias_correction"_a = defaults.bias_correction, "local"_a = false);
  define(
      m, "discrete_phiid",
      [](const Array& x, const Array& y, std::size_t lag, const std::string& redundancy,
         double sign_tolerance, bool bias_correction, bool local) {
        const PhiidOptions options{.redundancy = redundancy_of(redundancy),
                                   .kind = PhiidKind::discrete,
                                   .lag = lag,
                                   .sign_tolerance = sign_tolerance,
                                   .bias_correction = bias_correction};
        const PhiidLocal wanted = local ? PhiidLocal::yes : PhiidLocal::no;
        return with_two_series(
            x, "x", y, "y", [&](auto a, auto b) { return discrete_phiid(a, b, options, wanted); });
      },
      "x"_a, "y"_a, nb::kw_only(), "lag"_a = defaults.lag, "redundancy"_a = "mmi",
      "sign_tolerance"_a = defaults.sign_tolerance, "bias_correction"_a = defaults.bias_correction,
      "local"_a = false);
}

void bind_binary(nb::module_& m) {
  Result<BinaryPhiid>(m, "BinaryPhiid")
      .field("mean", &BinaryPhiid::mean)
      .property("information",
                [](const BinaryPhiid& b) {
                  nb::list states;
                  for (const PhiidInformation& state : b.information) states.append(state);
                  return states;
                })
      .property("redundancy", [](const BinaryPhiid& b) {
        nb::list states;
        for (const PhiidRedundancy& state : b.redundancy) states.append(state);
        return states;
      });
  define(
      m, "binary_phiid",
      [](const Array& counts, const std::string& redundancy, double sign_tolerance,
         bool bias_correction) {
        const std::vector<std::size_t> given = sizes(counts, "counts");
        BinaryCounts states{};
        if (given.size() != states.size()) {
          throw std::invalid_argument("counts: " + std::to_string(given.size()) +
                                      " numbers, expected 16");
        }
        std::copy(given.begin(), given.end(), states.begin());
        return binary_phiid(states, {.redundancy = redundancy_of(redundancy),
                                     .kind = PhiidKind::discrete,
                                     .sign_tolerance = sign_tolerance,
                                     .bias_correction = bias_correction});
      },
      "counts"_a, nb::kw_only(), "redundancy"_a = "mmi",
      "sign_tolerance"_a = defaults.sign_tolerance, "bias_correction"_a = defaults.bias_correction);
  define(
      m, "above_mean",
      [](const Array& segment) {
        const std::vector<char> bits =
            with_series(segment, "segment", [](auto s) { return above_mean(s); });
        return integers(std::vector<std::int64_t>(bits.begin(), bits.end()));
      },
      "segment"_a);
}

/// Recordings [time, series]: one array of two axes, one of three, or a sequence of arrays.
std::vector<Borrowed> recordings_of(const nb::object& given) {
  std::vector<Borrowed> result;
  const bool is_array = nb::hasattr(given, "ndim");
  if (is_array && nb::cast<std::size_t>(given.attr("ndim")) == 2) {
    result.push_back(borrow_matrix({given}, "recordings"));
    return result;
  }
  for (const nb::handle one : given) {
    result.push_back(borrow_matrix({nb::borrow<nb::object>(one)}, "recordings[...]"));
  }
  const auto is_float = [](const Borrowed& b) { return b.is_float; };
  if (std::all_of(result.begin(), result.end(), is_float)) return result;
  for (Borrowed& one : result) {
    if (one.is_float) one = borrow_matrix({one.keep}, "recordings[...]", true);
  }
  return result;
}

template <class T>
PhiidTable table_of(const std::vector<Borrowed>& recordings, const PhiidPairsOptions& options,
                    std::size_t threads) {
  const nb::gil_scoped_release unlocked;
  std::vector<MatrixView<T>> views;
  views.reserve(recordings.size());
  for (const Borrowed& one : recordings) views.push_back(one.matrix<T>());
  const PhiidPairs<T> pairs(views, options);
  PhiidTable table(pairs.series(), options.output);
  const std::vector<PairBlock> blocks = pairs.blocks();
  // Tiles have no place in common, so that every number of threads gives the same bytes.
  std::vector<PhiidCounts> counts(blocks.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t k = next++; k < blocks.size(); k = next++) {
      const PhiidTile tile = pairs.tile(blocks[k]);
      table.place(tile);
      counts[k] = tile.counts();
    }
  };
  std::vector<std::future<void>> others;
  for (std::size_t i = 1; i < std::min(threads, blocks.size()); ++i) {
    others.push_back(std::async(std::launch::async, work));
  }
  work();
  for (std::future<void>& other : others) other.get();
  for (const PhiidCounts& part : counts) table.counts += part;
  return table;
}

/// An atom of all pairs, [series, series], row i as x; NaN on the diagonal and where undefined.
Numbers atom_matrix(const PhiidTable& table, const std::string& name) {
  const PhiidAtom atom = atom_of(name);
  const std::size_t n = table.series;
  std::vector<double> result(n * n, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const Value value = i == j ? Value(Status::no_pairs) : table.at(atom, i, j);
      if (value.ok()) result[i * n + j] = value.value();
    }
  }
  return matrix(std::move(result), n, n);
}

void bind_table(nb::module_& m) {
  Result<PhiidCounts>(m, "PhiidCounts")
      .field("ok", &PhiidCounts::ok)
      .field("too_short", &PhiidCounts::too_short)
      .field("constant_series", &PhiidCounts::constant_series)
      .field("nonfinite", &PhiidCounts::nonfinite)
      .field("singular", &PhiidCounts::singular);
  Result<PhiidTable>(m, "PhiidTable")
      .field("series", &PhiidTable::series)
      .field("outputs", &PhiidTable::outputs)
      .property("values",
                [](const PhiidTable& t) { return matrix(t.values, t.outputs, t.status.size()); })
      .property("n_ok",
                [](const PhiidTable& t) {
                  return integers(std::vector<std::int64_t>(t.n_ok.begin(), t.n_ok.end()));
                })
      .property("status",
                [](const PhiidTable& t) {
                  nb::list names;
                  for (const Status status : t.status) names.append(shown(status));
                  return names;
                })
      .field("counts", &PhiidTable::counts)
      .method(
          "at",
          [](const PhiidTable& t, const std::string& atom, std::size_t i, std::size_t j) {
            return t.at(atom_of(atom), i, j);
          },
          "atom"_a, "i"_a, "j"_a, doc("PhiidTable.at"))
      .method(
          "matrix", &atom_matrix, "atom"_a,
          "An atom of all pairs, [series, series], row i as x. NaN on the diagonal and where it\n"
          "is undefined (see status), which pair_balance() and rank_difference() leave out.");
}

PhiidPairsOptions pairs_options(const PhiidOptions& phiid, const std::string& join,
                                const std::string& output, bool float_products) {
  return {.phiid = phiid,
          .join = choice<PhiidJoin>("join", join,
                                    {{"mean", PhiidJoin::mean},
                                     {"concat", PhiidJoin::concat},
                                     {"borders", PhiidJoin::borders}}),
          .output = choice<PhiidOutput>("output", output,
                                        {{"sts_rtr", PhiidOutput::sts_rtr},
                                         {"sts_rtr_tdmi", PhiidOutput::sts_rtr_tdmi},
                                         {"atoms", PhiidOutput::atoms}}),
          .float_products = float_products};
}

void bind_all_pairs(nb::module_& m) {
  m.def(
      "phiid",
      [](const nb::object& recordings, const std::string& kind, const std::string& redundancy,
         std::size_t lag, double singular_ratio, double sign_tolerance, bool bias_correction,
         const std::string& join, const std::string& output, bool float_products,
         std::size_t threads) {
        const PhiidOptions options{.redundancy = redundancy_of(redundancy),
                                   .kind = choice<PhiidKind>("kind", kind,
                                                             {{"gaussian", PhiidKind::gaussian},
                                                              {"discrete", PhiidKind::discrete}}),
                                   .lag = lag,
                                   .singular_ratio = singular_ratio,
                                   .sign_tolerance = sign_tolerance,
                                   .bias_correction = bias_correction};
        const PhiidPairsOptions all = pairs_options(options, join, output, float_products);
        const std::vector<Borrowed> given = recordings_of(recordings);
        const bool single = !given.empty() && given.front().is_float;
        return single ? table_of<float>(given, all, threads)
                      : table_of<double>(given, all, threads);
      },
      "recordings"_a, nb::kw_only(), "kind"_a = "gaussian", "redundancy"_a = "mmi",
      "lag"_a = defaults.lag, "singular_ratio"_a = defaults.singular_ratio,
      "sign_tolerance"_a = defaults.sign_tolerance, "bias_correction"_a = defaults.bias_correction,
      "join"_a = "mean", "output"_a = "sts_rtr", "float_products"_a = false, "threads"_a = 1,
      "PhiID of all pairs of the series of some recordings.\n\n"
      "Parameters:\n"
      "    recordings: [time, series], [recording, time, series], or a sequence of [time, series]\n"
      "    kind: gaussian (nats) or discrete (bits)\n"
      "    redundancy: mmi or ccs\n"
      "    join: mean (recordings one by one, means over those in which the pair is ok), concat\n"
      "        (one long series without the transitions from one into the next), borders (with)\n"
      "    output: sts_rtr, sts_rtr_tdmi or atoms, in the order of ATOMS\n"
      "    threads: any number gives the same bytes\n\n"
      "Returns:\n"
      "    PhiidTable: values [output, pair], status [pair]\n\n"
      "Raises:\n"
      "    ValueError if the recordings differ in their number of series, or the lag is 0");
}

}  // namespace

void bind_phiid(nb::module_& m) {
  nb::list names;
  for (const std::string_view name : phiid_atom_names) names.append(nb::str(name.data()));
  m.attr("ATOMS") = nb::tuple(names);
  bind_information(m);
  bind_correlations(m);
  bind_two_series(m);
  bind_binary(m);
  bind_table(m);
  bind_all_pairs(m);
}

}  // namespace phiscope::python
