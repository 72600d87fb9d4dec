// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/discrete_phiid.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

using phiscope::BinaryCounts;
using phiscope::discrete_phiid;
using phiscope::Phiid;
using phiscope::phiid_atom_count;
using phiscope::PhiidLocal;
using phiscope::PhiidOptions;
using phiscope::Redundancy;
using phiscope::Status;
using phiscope::test::column_of;
using phiscope::test::coupled_series;

namespace {

using Series = std::vector<double>;

Phiid decompose_discrete(const Series& x, const Series& y, const PhiidOptions& options = {},
                         PhiidLocal local = PhiidLocal::no) {
  return discrete_phiid<double>(x, y, options, local);
}

}  // namespace

TEST_CASE("exclusive or of two coins is one bit of synergy", "[discrete_phiid]") {
  // Future of x: x xor y; future of y: a fair coin. Every state of (x, y, coin) equally often.
  BinaryCounts counts{};
  for (std::size_t x = 0; x < 2; ++x) {
    for (std::size_t y = 0; y < 2; ++y) {
      for (std::size_t b = 0; b < 2; ++b) counts[x + 2 * y + 4 * (x ^ y) + 8 * b] = 5;
    }
  }
  const Redundancy redundancy = GENERATE(Redundancy::mmi, Redundancy::ccs);
  const Phiid found = phiscope::binary_phiid(counts, {.redundancy = redundancy}).mean;
  CHECK(found.information.xytab == Approx(1.0).epsilon(1e-15));
  CHECK(found.information.xyta == Approx(1.0).epsilon(1e-15));
  CHECK(found.information.xta == Approx(0.0).margin(1e-15));
  for (std::size_t k = 0; k < phiid_atom_count; ++k) {
    const double expected = k == 13 ? 1.0 : 0.0;  // stx
    CHECK(found.atoms[k] == Approx(expected).margin(1e-14));
  }
}

TEST_CASE("a bit that both series hold and keep is one bit of redundancy", "[discrete_phiid]") {
  BinaryCounts counts{};
  counts[0] = counts[15] = 7;
  const Phiid found = phiscope::binary_phiid(counts, {.redundancy = Redundancy::ccs}).mean;
  CHECK(found.atoms[0] == Approx(1.0).epsilon(1e-15));
  CHECK(std::accumulate(found.atoms.begin() + 1, found.atoms.end(), 0.0) ==
        Approx(0.0).margin(1e-15));
}

TEST_CASE("discrete PhiID agrees with counting words", "[discrete_phiid]") {
  const auto seed = GENERATE(range(0U, 6U));
  const std::size_t lag = GENERATE(as<std::size_t>{}, 1, 3);
  const Redundancy redundancy = GENERATE(Redundancy::mmi, Redundancy::ccs);
  const std::size_t times = GENERATE(as<std::size_t>{}, 6, 90);
  CAPTURE(seed, lag, times);
  const Series both = coupled_series(seed, times, 2);
  const Series x = column_of(both, 2, 0);
  const Series y = column_of(both, 2, 1);
  const Phiid found =
      decompose_discrete(x, y, {.redundancy = redundancy, .lag = lag}, PhiidLocal::yes);
  REQUIRE(found.status == Status::ok);
  const auto expected = phiscope::test::slow_phiid(phiscope::test::segments(x, y, lag),
                                                   phiscope::test::binary_entropy, redundancy);
  const std::size_t n = times - lag;
  REQUIRE(found.local.size() == phiid_atom_count * n);
  for (std::size_t k = 0; k < phiid_atom_count; ++k) {
    CAPTURE(k);
    CHECK(found.atoms[k] == Approx(expected.atoms[k]).epsilon(0.0).margin(1e-13));
    // Where two means are equal but for rounding, MMI's local choice is either's: means only.
    if (redundancy == Redundancy::mmi) continue;
    for (std::size_t t = 0; t < n; ++t) {
      const auto exact = static_cast<double>(expected.local[k][t]);
      REQUIRE(found.local[k * n + t] == Approx(exact).epsilon(0.0).margin(1e-12));
    }
  }
  CHECK(found.information.xytab == Approx(expected.tdmi).margin(1e-13));
  CHECK(std::accumulate(found.atoms.begin(), found.atoms.end(), 0.0) ==
        Approx(found.information.xytab).epsilon(0.0).margin(1e-12));
}

TEST_CASE("each segment is binarised by its own mean, above it", "[discrete_phiid]") {
  const std::vector<double> segment{1.0, 2.0, 3.0};
  CHECK(phiscope::above_mean<double>(segment) == std::vector<char>{0, 0, 1});
  const std::vector<double> constant(7, 0.1);
  CHECK(phiscope::above_mean<double>(constant) == std::vector<char>(7, 0));
  const std::vector<double> offset{1e15, 1e15 + 2.0, 1e15 + 2.0};
  CHECK(phiscope::above_mean<double>(offset) == std::vector<char>{0, 1, 1});
  CHECK(phiscope::above_mean<double>({}).empty());
  // A jump at the end is in the future only: the past's mean must not see it.
  const Series x{0, 1, 0, 1, 0, 1, 0, 1, 100};
  const Series y{1, 0, 1, 1, 0, 0, 1, 0, 1};
  const Phiid found = decompose_discrete(x, y);
  CHECK(found.information.xta < 0.3);  // x[:-1] alternates, x[1:] is above its mean once
  CHECK(found.information.xta > 0.0);
}

TEST_CASE("constant series are fine and one transition is enough", "[discrete_phiid]") {
  const Series constant(20, 3.0);
  const Phiid flat = decompose_discrete(constant, constant);
  CHECK(flat.status == Status::ok);
  CHECK(flat.information.xytab == 0.0);
  const Phiid shortest = decompose_discrete({1, 2}, {5, 1});
  CHECK(shortest.status == Status::ok);
  CHECK(shortest.transitions == 1);
  CHECK(decompose_discrete({1}, {2}).status == Status::too_short);
  CHECK(decompose_discrete({}, {}).status == Status::too_short);
  CHECK(phiscope::binary_phiid({}).mean.status == Status::too_short);
  for (const double bad : {std::nan(""), -std::numeric_limits<double>::infinity()}) {
    CHECK(decompose_discrete({1, bad, 3}, {1, 2, 3}).status == Status::nonfinite);
    CHECK(decompose_discrete({1, 2, 3}, {1, 2, bad}).status == Status::nonfinite);
  }
}

TEST_CASE("the bias correction of binary series is in bits", "[discrete_phiid]") {
  const Series both = coupled_series(3, 101, 2);
  const Series x = column_of(both, 2, 0);
  const Series y = column_of(both, 2, 1);
  const Phiid raw = decompose_discrete(x, y);
  const Phiid corrected = decompose_discrete(x, y, {.bias_correction = true});
  const double one = 1.0 / 200.0 / std::log(2.0);
  CHECK(raw.information.ytb - corrected.information.ytb == Approx(one).epsilon(1e-10));
  CHECK(raw.information.xtab - corrected.information.xtab == Approx(3 * one).epsilon(1e-10));
  CHECK(raw.information.xytab - corrected.information.xytab == Approx(9 * one).epsilon(1e-10));
}

TEST_CASE("discrete PhiID refuses series of different lengths and lag 0", "[discrete_phiid]") {
  CHECK_THROWS_WITH(decompose_discrete({1, 2, 3}, {1, 2}), Contains("lengths 3 and 2"));
  CHECK_THROWS_AS(decompose_discrete({1, 2}, {1, 2}, {.lag = 0}), std::invalid_argument);
}
