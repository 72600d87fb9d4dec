// SPDX-License-Identifier: MIT
#include "metric/command.hpp"
#include "metric/input.hpp"
#include "metric/line.hpp"
#include "program/parallel.hpp"
#include "shard/file/format_error.hpp"

#include <phiscope/autocorrelation.hpp>
#include <phiscope/discrete_phiid.hpp>
#include <phiscope/gaussian_phiid.hpp>
#include <phiscope/phiid_pairs.hpp>

#include <mutex>

namespace phiscope::analyze::metric {
namespace {

std::string_view unit_of(PhiidKind kind) {
  return kind == PhiidKind::gaussian ? "nats" : "bits";
}

/// A file [time] in double. @throws shard::FormatError for another number of axes
std::vector<double> read_series(const std::filesystem::path& path, Numbers numbers) {
  const RowFile file(path, numbers);
  if (file.file().shape().size() != 1) {
    throw shard::FormatError(
        path, std::to_string(file.file().shape().size()) + " axes, expected one: a series [time]");
  }
  std::vector<double> series(file.cols());
  if (file.is_double()) {
    file.read<double>(0, series);
  } else {
    std::vector<float> narrow(file.cols());
    file.read<float>(0, narrow);
    series.assign(narrow.begin(), narrow.end());
  }
  return series;
}

/// Counts and truth values are series where they are binarised; a Gaussian fit needs real numbers.
Numbers phiid_numbers(const Arguments& arguments) {
  return {.bf16 = arguments.bf16, .integers = arguments.phiid.kind == PhiidKind::discrete};
}

std::string phiid_of_two(const Arguments& arguments) {
  const std::vector<double> x = read_series(arguments.files[0], phiid_numbers(arguments));
  const std::vector<double> y = read_series(arguments.files[1], phiid_numbers(arguments));
  if (x.size() != y.size()) {
    throw shard::FormatError(arguments.files[1], std::to_string(y.size()) +
                                                     " steps, expected the same number as in " +
                                                     shard::path_text(arguments.files[0]) + ", " +
                                                     std::to_string(x.size()));
  }
  const std::span<const double> first(x);
  const std::span<const double> second(y);
  const Phiid result = arguments.phiid.kind == PhiidKind::gaussian
                           ? gaussian_phiid(first, second, arguments.phiid)
                           : discrete_phiid(first, second, arguments.phiid);
  Line line("phiid");
  if (result.status == Status::ok) {
    line.vector("value", result.atoms);
  } else {
    line.none("value");
  }
  return line.text("status", status_name(result.status))
      .count("n", result.transitions)
      .number("tdmi",
              result.status == Status::ok ? Value(result.information.xytab) : Value(result.status))
      .texts("atoms", phiid_atom_names)
      .text("unit", unit_of(arguments.phiid.kind))
      .str();
}

std::string phiid_of_all(const Arguments& arguments) {
  const MatrixFile x(arguments.files[0], phiid_numbers(arguments));
  return x.visit([&]<class T>(MatrixView<T> rows) {
    const PhiidPairs<T> pairs(std::span(&rows, 1),
                              {.phiid = arguments.phiid, .output = PhiidOutput::atoms});
    PhiidTable table(pairs.series(), PhiidOutput::atoms);
    const std::vector<PairBlock> blocks = pairs.blocks();
    std::mutex counting;
    for_each_tile(blocks.size(), arguments.threads, [&](std::size_t k) {
      const PhiidTile tile = pairs.tile(blocks[k]);
      table.place(tile);
      const std::scoped_lock lock(counting);
      table.counts += tile.counts();
    });
    const std::size_t count = table.status.size();
    std::vector<PhiidAtoms> atoms(count);
    std::vector<bool> defined(count);
    std::vector<std::string_view> status(count);
    for (std::size_t pair = 0; pair < count; ++pair) {
      for (std::size_t k = 0; k < phiid_atom_count; ++k) {
        atoms[pair][k] = table.values[k * count + pair];
      }
      defined[pair] = table.status[pair] == Status::ok;
      status[pair] = status_name(table.status[pair]);
    }
    const std::size_t steps = rows.rows();
    const std::size_t lag = arguments.phiid.lag;
    return Line("phiid")
        .vectors("value", atoms, defined)
        .texts("status", status)
        .count("n", steps > lag ? steps - lag : 0)
        .count("n_pairs", count)
        .count("n_ok", table.counts.ok)
        .texts("atoms", phiid_atom_names)
        .text("unit", unit_of(arguments.phiid.kind))
        .str();
  });
}

std::string phiid_line(const Arguments& arguments) {
  return arguments.files[1].empty() ? phiid_of_all(arguments) : phiid_of_two(arguments);
}

std::string autocorrelation_line(const Arguments& arguments) {
  const RowFile file(arguments.files[0], {.bf16 = arguments.bf16});
  if (file.file().shape().size() == 1) {
    const std::vector<double> series = read_series(arguments.files[0], {.bf16 = arguments.bf16});
    return Line("autocorrelation")
        .value(autocorrelation(std::span<const double>(series), arguments.phiid.lag))
        .count("n", series.size())
        .str();
  }
  const MatrixFile x(arguments.files[0], {.bf16 = arguments.bf16});
  return Line("autocorrelation")
      .values(x.visit([&](auto rows) { return autocorrelations(rows, arguments.phiid.lag); }))
      .count("n", x.rows())
      .str();
}

}  // namespace

std::vector<Command> series_commands() {
  return {
      {.name = "phiid",
       .about = "integrated information decomposition of pairs of series",
       .details = "16 atoms of each pair, in the order that the member \"atoms\" gives; nats "
                  "(gaussian) or bits (discrete).\nX [time, series]: value is [pair][atom] and "
                  "status [pair], for the pairs (0,1) (0,2) ... (1,2) ...; an undefined\npair is "
                  "null. Two files [time]: value is [atom]. n counts transitions, time - lag. "
                  "With --kind\ndiscrete the series may be integers or truth values.",
       .example = "series.npy --redundancy ccs --lag 1 --threads 2",
       .files = {"X", "[Y]"},
       .options = {"redundancy", "kind", "lag", "threads", "bf16"},
       .run = phiid_line},
      {.name = "autocorrelation",
       .about = "correlation of a series with itself some steps later",
       .details = "sum (x_t - m)(x_(t+lag) - m) / sum (x_t - m)^2 with the mean m of the whole "
                  "series. X [time]: one number;\nX [time, series]: value and status are arrays "
                  "[series]. n counts time steps.",
       .example = "series.npy --lag 1",
       .files = {"X"},
       .options = {"lag", "bf16"},
       .run = autocorrelation_line},
  };
}

}  // namespace phiscope::analyze::metric
