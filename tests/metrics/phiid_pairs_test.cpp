// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/discrete_phiid.hpp>
#include <phiscope/gaussian_phiid.hpp>
#include <phiscope/phiid_pairs.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>
#include <limits>
#include <vector>

using phiscope::MatrixView;
using phiscope::pair_index;
using phiscope::Phiid;
using phiscope::phiid;
using phiscope::phiid_atom_count;
using phiscope::PhiidJoin;
using phiscope::PhiidKind;
using phiscope::PhiidOptions;
using phiscope::PhiidOutput;
using phiscope::PhiidPairs;
using phiscope::PhiidPairsOptions;
using phiscope::PhiidTable;
using phiscope::Redundancy;
using phiscope::Status;
using phiscope::test::column_of;
using phiscope::test::coupled_series;

namespace {

/// Recordings of different lengths with their own memory.
struct Recordings {
  std::vector<std::vector<double>> values;
  std::size_t series = 0;

  [[nodiscard]] std::vector<MatrixView<double>> views() const {
    std::vector<MatrixView<double>> result;
    for (const auto& one : values) result.emplace_back(one, one.size() / series, series);
    return result;
  }
  [[nodiscard]] PhiidTable table(const PhiidPairsOptions& options) const {
    const auto all = views();
    return phiid<double>(all, options);
  }
};

Recordings recordings(std::size_t series, const std::vector<std::size_t>& lengths) {
  Recordings result{{}, series};
  for (std::size_t k = 0; k < lengths.size(); ++k) {
    result.values.push_back(coupled_series(k + 10, lengths[k], series));
  }
  return result;
}

Phiid one_pair(const std::vector<double>& values, std::size_t series, std::size_t i, std::size_t j,
               const PhiidOptions& options) {
  const auto x = column_of(values, series, i);
  const auto y = column_of(values, series, j);
  return options.kind == PhiidKind::gaussian ? phiscope::gaussian_phiid<double>(x, y, options)
                                             : phiscope::discrete_phiid<double>(x, y, options);
}

double worst_difference(const PhiidTable& a, const PhiidTable& b) {
  REQUIRE(a.values.size() == b.values.size());
  double worst = 0.0;
  for (std::size_t k = 0; k < a.values.size(); ++k) {
    worst = std::max(worst, std::abs(a.values[k] - b.values[k]));
  }
  return worst;
}

}  // namespace

TEST_CASE("all pairs are the pairs one by one", "[phiid_pairs]") {
  const std::size_t series = GENERATE(as<std::size_t>{}, 2, 7, 99);
  const std::size_t times = series == 99 ? 75 : 200;
  const PhiidKind kind = GENERATE(PhiidKind::gaussian, PhiidKind::discrete);
  const Redundancy redundancy = GENERATE(Redundancy::mmi, Redundancy::ccs);
  const std::size_t lag = series == 7 ? 3 : 1;
  const Recordings data = recordings(series, {times});
  const PhiidOptions options{.redundancy = redundancy, .kind = kind, .lag = lag};
  const PhiidTable all = data.table({.phiid = options, .output = PhiidOutput::atoms});
  const PhiidTable two = data.table({.phiid = options});
  const PhiidTable three = data.table({.phiid = options, .output = PhiidOutput::sts_rtr_tdmi});
  const std::size_t pairs = series * (series - 1) / 2;
  REQUIRE(all.status.size() == pairs);
  CHECK(two.values.size() == 2 * pairs);
  CHECK(three.values.size() == 3 * pairs);
  CHECK(all.counts.ok == pairs);
  double worst = 0.0;
  const auto compare = [&worst](double a, double b) { worst = std::max(worst, std::abs(a - b)); };
  for (std::size_t i = 0; i<series; i += series> 50 ? 7 : 1) {
    for (std::size_t j = i + 1; j < series; ++j) {
      const std::size_t pair = pair_index(i, j, series);
      const Phiid one = one_pair(data.values[0], series, i, j, options);
      REQUIRE(all.status[pair] == Status::ok);
      REQUIRE(all.n_ok[pair] == 1);
      for (std::size_t k = 0; k < phiid_atom_count; ++k) {
        compare(all.values[k * pairs + pair], one.atoms[k]);
      }
      for (const PhiidTable* few : {&two, &three}) {
        compare(few->values[pair], one.atoms[15]);
        compare(few->values[pairs + pair], one.atoms[0]);
      }
      compare(three.values[2 * pairs + pair], one.information.xytab);
    }
  }
  CHECK(worst < 1e-12);
}

TEST_CASE("means over recordings are means of the pairs that are ok", "[phiid_pairs]") {
  const PhiidKind kind = GENERATE(PhiidKind::gaussian, PhiidKind::discrete);
  const Redundancy redundancy = GENERATE(Redundancy::mmi, Redundancy::ccs);
  Recordings data = recordings(5, {40, 65, 5, 30});
  for (std::size_t t = 0; t < 65; ++t) data.values[1][t * 5 + 2] = 1.5;  // constant in one
  data.values[3][7 * 5 + 4] = std::nan("");
  const PhiidOptions options{.redundancy = redundancy, .kind = kind};
  const PhiidTable found = data.table({.phiid = options, .output = PhiidOutput::atoms});
  phiscope::PhiidCounts counts;
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = i + 1; j < 5; ++j) {
      std::size_t n = 0;
      phiscope::PhiidAtoms sum{};
      for (const auto& values : data.values) {
        const Phiid one = one_pair(values, 5, i, j, options);
        counts.add(one.status);
        if (one.status != Status::ok) continue;
        ++n;
        for (std::size_t k = 0; k < phiid_atom_count; ++k) sum[k] += one.atoms[k];
      }
      const std::size_t pair = pair_index(i, j, 5);
      CHECK(found.n_ok[pair] == n);
      for (std::size_t k = 0; k < phiid_atom_count; ++k) {
        CHECK(found.values[k * 10 + pair] ==
              Approx(sum[k] / static_cast<double>(n)).epsilon(0.0).margin(1e-12));
      }
    }
  }
  CHECK(found.counts == counts);
  if (kind == PhiidKind::gaussian) {
    CHECK(found.counts.too_short == 10);
    CHECK(found.counts.constant_series == 4);
    CHECK(found.counts.nonfinite == 4);
    CHECK(found.counts.ok == 22);
  }
}

TEST_CASE("recordings in one series keep out the transitions between them", "[phiid_pairs]") {
  const std::size_t lag = GENERATE(as<std::size_t>{}, 1, 4, 40);
  const Redundancy redundancy = GENERATE(Redundancy::mmi, Redundancy::ccs);
  Recordings data = recordings(3, {60, 33, 3, 71});
  for (double& value : data.values[1]) value += 10.0;  // a jump at the borders
  const PhiidOptions options{.redundancy = redundancy, .lag = lag};
  const PhiidTable found =
      data.table({.phiid = options, .join = PhiidJoin::concat, .output = PhiidOutput::atoms});
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = i + 1; j < 3; ++j) {
      phiscope::test::Columns columns;
      for (const auto& values : data.values) {
        if (values.size() / 3 <= lag) continue;
        const auto part =
            phiscope::test::segments(column_of(values, 3, i), column_of(values, 3, j), lag);
        for (std::size_t k = 0; k < 4; ++k) {
          columns[k].insert(columns[k].end(), part[k].begin(), part[k].end());
        }
      }
      const auto expected =
          phiscope::test::slow_phiid(columns, phiscope::test::gaussian_entropy, redundancy);
      for (std::size_t k = 0; k < phiid_atom_count; ++k) {
        CHECK(found.values[k * 3 + pair_index(i, j, 3)] ==
              Approx(expected.atoms[k]).epsilon(0.0).margin(1e-12));
      }
    }
  }
  // With borders: as if the recordings were one.
  Recordings whole{{{}}, 3};
  for (const auto& values : data.values) {
    whole.values[0].insert(whole.values[0].end(), values.begin(), values.end());
  }
  const PhiidTable kept = data.table({.phiid = options, .join = PhiidJoin::borders});
  const PhiidTable one = whole.table({.phiid = options});
  CHECK(kept.values == one.values);
}

TEST_CASE("tiles are the same bytes for any number of threads", "[phiid_pairs]") {
  const PhiidKind kind = GENERATE(PhiidKind::gaussian, PhiidKind::discrete);
  const bool narrow = GENERATE(false, true);
  const Recordings data = recordings(210, {40, 60});
  const auto views = data.views();
  const PhiidPairsOptions options{.phiid = {.kind = kind}, .float_products = narrow};
  const PhiidTable serial = phiid<double>(views, options);
  const PhiidPairs<double> pairs(views, options);
  const auto blocks = pairs.blocks();
  REQUIRE(blocks.size() == 6);
  PhiidTable parallel(210, options.output);
  std::vector<std::future<void>> threads;
  for (std::size_t first = 0; first < 3; ++first) {
    threads.push_back(std::async(std::launch::async, [&, first] {
      for (std::size_t k = first; k < blocks.size(); k += 3) {
        parallel.place(pairs.tile(blocks[blocks.size() - 1 - k]));
      }
    }));
  }
  for (auto& thread : threads) thread.get();
  CHECK(std::memcmp(parallel.values.data(), serial.values.data(),
                    serial.values.size() * sizeof(double)) == 0);
  CHECK(parallel.n_ok == serial.n_ok);
  CHECK(parallel.status == serial.status);
}

TEST_CASE("the order of the series does not matter", "[phiid_pairs]") {
  const Recordings data = recordings(100, {64});
  Recordings turned = data;  // series s stands at 99 - s: a pair is in another tile, and swapped
  for (std::size_t t = 0; t < 64; ++t) {
    auto row = turned.values[0].begin() + static_cast<std::ptrdiff_t>(t * 100);
    std::reverse(row, row + 100);
  }
  const PhiidTable one = data.table({.output = PhiidOutput::sts_rtr_tdmi});
  const PhiidTable other = turned.table({.output = PhiidOutput::sts_rtr_tdmi});
  double worst = 0.0;
  for (std::size_t i = 0; i < 100; ++i) {
    for (std::size_t j = i + 1; j < 100; ++j) {
      for (std::size_t k = 0; k < 3; ++k) {
        worst = std::max(worst, std::abs(one.values[k * 4950 + pair_index(i, j, 100)] -
                                         other.values[k * 4950 + pair_index(99 - j, 99 - i, 100)]));
      }
    }
  }
  CHECK(worst < 1e-12);
}

TEST_CASE("single-precision products err by less than 1e-6", "[phiid_pairs]") {
  Recordings data = recordings(30, {900});
  for (std::size_t t = 0; t < 900; ++t) {  // a near copy: determinant 1e-6, computed in double
    data.values[0][t * 30 + 5] = data.values[0][t * 30] + 1e-3 * data.values[0][t * 30 + 6];
  }
  const Redundancy redundancy = GENERATE(Redundancy::mmi, Redundancy::ccs);
  const PhiidOptions options{.redundancy = redundancy};
  const PhiidTable wide = data.table({.phiid = options, .output = PhiidOutput::sts_rtr_tdmi});
  const PhiidTable narrow =
      data.table({.phiid = options, .output = PhiidOutput::sts_rtr_tdmi, .float_products = true});
  const double worst = worst_difference(wide, narrow);
  // CCS: a sign may flip where a local information is near 0, which costs what it is worth.
  CHECK(worst < 1e-6);
  CHECK(worst > 0.0);
  const std::size_t close = pair_index(0, 5, 30);
  CHECK(narrow.values[close] == Approx(wide.values[close]).epsilon(0.0).margin(1e-9));
}

TEST_CASE("the bias correction is that of single pairs", "[phiid_pairs]") {
  const PhiidKind kind = GENERATE(PhiidKind::gaussian, PhiidKind::discrete);
  const Recordings data = recordings(4, {50});
  const PhiidOptions options{.kind = kind, .bias_correction = true};
  const PhiidTable found = data.table({.phiid = options, .output = PhiidOutput::sts_rtr_tdmi});
  const Phiid one = one_pair(data.values[0], 4, 1, 3, options);
  const std::size_t pair = pair_index(1, 3, 4);
  CHECK(found.values[pair] == Approx(one.atoms[15]).epsilon(0.0).margin(1e-13));
  CHECK(found.values[6 + pair] == Approx(one.atoms[0]).epsilon(0.0).margin(1e-13));
  CHECK(found.values[12 + pair] == Approx(one.information.xytab).epsilon(0.0).margin(1e-13));
}

TEST_CASE("an undefined pair says why and spoils no other", "[phiid_pairs]") {
  const Redundancy redundancy = GENERATE(Redundancy::mmi, Redundancy::ccs);
  const PhiidOutput output = GENERATE(PhiidOutput::sts_rtr, PhiidOutput::atoms);
  const Recordings clean = recordings(6, {80});
  Recordings data = clean;
  for (std::size_t t = 0; t < 80; ++t) {
    double* const row = data.values[0].data() + t * 6;
    row[1] = row[0] * 2.0 - 1.0;  // singular with 0
    row[2] = 7.0;                 // constant
  }
  data.values[0][3] = std::numeric_limits<double>::infinity();
  const PhiidTable found = data.table({.phiid = {.redundancy = redundancy}, .output = output});
  const PhiidTable before = clean.table({.phiid = {.redundancy = redundancy}, .output = output});
  const auto status = [&](std::size_t i, std::size_t j) {
    return found.status[pair_index(i, j, 6)];
  };
  CHECK(status(0, 1) == Status::singular);
  CHECK(status(0, 2) == Status::constant_series);
  CHECK(status(2, 3) == Status::constant_series);
  CHECK(status(0, 3) == Status::nonfinite);
  CHECK(status(4, 5) == Status::ok);
  CHECK(found.counts.ok == 6 - 1);  // among 0, 1, 4, 5, less (0, 1)
  CHECK(found.counts.singular == 1);
  CHECK(found.counts.constant_series == 5);
  CHECK(found.counts.nonfinite == 4);
  CHECK(found.values[pair_index(0, 1, 6)] == 0.0);
  CHECK(found.values[pair_index(0, 3, 6)] == 0.0);
  for (std::size_t k = 0; k < found.outputs; ++k) {
    const std::size_t at = k * 15 + pair_index(4, 5, 6);
    CHECK(found.values[at] == Approx(before.values[at]).epsilon(0.0).margin(1e-14));
  }
}

TEST_CASE("series are read in place, strided and unchanged", "[phiid_pairs]") {
  const std::vector<double> wide = coupled_series(2, 50, 9);
  const std::vector<double> copy(wide.begin(), wide.end());
  std::vector<double> packed;
  for (std::size_t t = 0; t < 50; ++t) {
    packed.insert(packed.end(), wide.begin() + static_cast<std::ptrdiff_t>(t * 9 + 2),
                  wide.begin() + static_cast<std::ptrdiff_t>(t * 9 + 6));
  }
  const MatrixView<double> strided(std::span<const double>(wide).subspan(2), 50, 4, 9);
  const MatrixView<double> dense(packed, 50, 4);
  CHECK(phiid<double>(std::span(&strided, 1)).values == phiid<double>(std::span(&dense, 1)).values);
  CHECK(wide == copy);
  const std::vector<float> narrow(packed.begin(), packed.end());
  const std::vector<double> widened(narrow.begin(), narrow.end());
  const MatrixView<float> floats(narrow, 50, 4);
  const MatrixView<double> doubles(widened, 50, 4);
  CHECK(phiid<float>(std::span(&floats, 1)).values == phiid<double>(std::span(&doubles, 1)).values);
}

TEST_CASE("no recordings, no series, one series: no pairs", "[phiid_pairs]") {
  CHECK(phiid<double>({}).status.empty());
  const std::vector<double> values(10, 1.0);
  const MatrixView<double> one(values, 10, 1);
  CHECK(phiid<double>(std::span(&one, 1)).values.empty());
  const MatrixView<double> none({}, 0, 3);
  const PhiidTable empty = phiid<double>(std::span(&none, 1));
  REQUIRE(empty.status.size() == 3);
  CHECK(empty.status[0] == Status::too_short);
}

TEST_CASE("recordings of different series, lag 0 and foreign blocks are refused", "[phiid_pairs]") {
  const std::vector<double> values(30, 1.0);
  const std::vector<MatrixView<double>> uneven{{values, 10, 3}, {values, 15, 2}};
  CHECK_THROWS_WITH(phiid<double>(uneven), Contains("recording 1 has 2 series, expected 3"));
  const std::span<const MatrixView<double>> first(uneven.data(), 1);
  CHECK_THROWS_AS(phiid<double>(first, {.phiid = {.lag = 0}}), std::invalid_argument);
  const PhiidPairs<double> pairs(first);
  CHECK_THROWS_AS(pairs.tile({0, 3, 3, 3}), std::invalid_argument);
  CHECK_THROWS_AS(pairs.tile({0, 2, 1, 2}), std::invalid_argument);
}
