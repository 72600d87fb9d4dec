// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/gaussian_phiid.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

using phiscope::gaussian_phiid;
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

Phiid decompose(const Series& x, const Series& y, const PhiidOptions& options = {},
                PhiidLocal local = PhiidLocal::no) {
  return gaussian_phiid<double>(x, y, options, local);
}

std::pair<Series, Series> two_series(std::uint64_t seed, std::size_t times) {
  const Series both = coupled_series(seed, times, 2);
  return {column_of(both, 2, 0), column_of(both, 2, 1)};
}

}  // namespace

TEST_CASE("a series that copies another one with a delay is known exactly", "[gaussian_phiid]") {
  // Orthogonal +-1 patterns: x predicts the future of y with correlation c, nothing else is
  // related. Then I_xtb = I_xytab = -log(1 - c^2) / 2, all of it unique to x before and y after:
  // xty.
  std::mt19937_64 engine(1);
  Series x, y{0.0};
  for (int t = 0; t < 20000; ++t) {
    const double e = static_cast<double>(engine() >> 11) * 0x1p-52 - 1.0;
    const double f = static_cast<double>(engine() >> 11) * 0x1p-52 - 1.0;
    x.push_back(e);
    y.push_back(0.6 * e + 0.8 * f);
  }
  y.pop_back();
  const Phiid found = decompose(x, y);
  REQUIRE(found.status == Status::ok);
  CHECK(found.information.xtb == Approx(-0.5 * std::log(1.0 - 0.36)).margin(0.01));
  CHECK(found.atoms[6] == Approx(found.information.xytab).margin(0.001));  // xty
  for (std::size_t k = 0; k < phiid_atom_count; ++k) {
    if (k == 6) continue;
    CHECK(found.atoms[k] == Approx(0.0).margin(0.001));
  }
}

TEST_CASE("Gaussian PhiID agrees with densities in long double", "[gaussian_phiid]") {
  const auto seed = GENERATE(range(0U, 6U));
  const std::size_t lag = GENERATE(as<std::size_t>{}, 1, 2, 5);
  const Redundancy redundancy = GENERATE(Redundancy::mmi, Redundancy::ccs);
  CAPTURE(seed, lag);
  const auto [x, y] = two_series(seed, 60 + seed);
  const Phiid found = decompose(x, y, {.redundancy = redundancy, .lag = lag}, PhiidLocal::yes);
  REQUIRE(found.status == Status::ok);
  const std::size_t n = x.size() - lag;
  CHECK(found.transitions == n);
  const auto expected = phiscope::test::slow_phiid(phiscope::test::segments(x, y, lag),
                                                   phiscope::test::gaussian_entropy, redundancy);
  CHECK(found.information.xytab == Approx(expected.tdmi).epsilon(1e-13));
  double worst_mean = 0.0;
  double worst_local = 0.0;
  REQUIRE(found.local.size() == phiid_atom_count * n);
  for (std::size_t k = 0; k < phiid_atom_count; ++k) {
    worst_mean = std::max(worst_mean, std::abs(found.atoms[k] - expected.atoms[k]));
    for (std::size_t t = 0; t < n; ++t) {
      const auto exact = static_cast<double>(expected.local[k][t]);
      worst_local = std::max(worst_local, std::abs(found.local[k * n + t] - exact));
    }
  }
  CHECK(worst_mean < 1e-13);
  CHECK(worst_local < 1e-12);
}

TEST_CASE("the atoms sum to the time-delayed mutual information", "[gaussian_phiid]") {
  const Redundancy redundancy = GENERATE(Redundancy::mmi, Redundancy::ccs);
  const bool corrected = GENERATE(false, true);
  const auto [x, y] = two_series(3, 200);
  const Phiid found =
      decompose(x, y, {.redundancy = redundancy, .bias_correction = corrected}, PhiidLocal::yes);
  const double sum = std::accumulate(found.atoms.begin(), found.atoms.end(), 0.0);
  CHECK(sum == Approx(found.information.xytab).epsilon(0.0).margin(1e-12));
  // And so do the means of the local atoms.
  const double local = std::accumulate(found.local.begin(), found.local.end(), 0.0);
  CHECK(local / 199.0 == Approx(found.information.xytab).epsilon(0.0).margin(1e-12));
}

TEST_CASE("scale, sign and offset of a series do not matter", "[gaussian_phiid]") {
  const Redundancy redundancy = GENERATE(Redundancy::mmi, Redundancy::ccs);
  const auto [x, y] = two_series(4, 150);
  const Phiid before = decompose(x, y, {.redundancy = redundancy});
  const double scale = GENERATE(1e-250, -3.0, 1e200);
  Series scaled = x;
  for (double& value : scaled) value = scale * value;
  Series shifted = y;
  for (double& value : shifted) value += 1e3;
  const Phiid after = decompose(scaled, shifted, {.redundancy = redundancy});
  REQUIRE(after.status == Status::ok);
  for (std::size_t k = 0; k < phiid_atom_count; ++k) {
    CHECK(after.atoms[k] == Approx(before.atoms[k]).epsilon(0.0).margin(1e-12));
  }
}

TEST_CASE("swapping the series swaps their atoms", "[gaussian_phiid]") {
  const Redundancy redundancy = GENERATE(Redundancy::mmi, Redundancy::ccs);
  const auto [x, y] = two_series(5, 150);
  const Phiid one = decompose(x, y, {.redundancy = redundancy});
  const Phiid other = decompose(y, x, {.redundancy = redundancy});
  constexpr std::array<std::size_t, 4> swapped{0, 2, 1, 3};
  for (std::size_t p = 0; p < 4; ++p) {
    for (std::size_t f = 0; f < 4; ++f) {
      CHECK(other.atoms[4 * swapped[p] + swapped[f]] ==
            Approx(one.atoms[4 * p + f]).epsilon(0.0).margin(1e-12));
    }
  }
}

TEST_CASE("time reversed swaps past and future", "[gaussian_phiid]") {
  const auto [x, y] = two_series(6, 150);
  const Phiid forward = decompose(x, y);
  const Phiid backward = decompose({x.rbegin(), x.rend()}, {y.rbegin(), y.rend()});
  for (std::size_t p = 0; p < 4; ++p) {
    for (std::size_t f = 0; f < 4; ++f) {
      CHECK(backward.atoms[4 * f + p] ==
            Approx(forward.atoms[4 * p + f]).epsilon(0.0).margin(1e-12));
    }
  }
}

TEST_CASE("the bias correction takes degrees over twice the samples out", "[gaussian_phiid]") {
  const auto [x, y] = two_series(7, 101);
  const Phiid raw = decompose(x, y);
  const Phiid corrected = decompose(x, y, {.bias_correction = true});
  CHECK(raw.information.xta - corrected.information.xta == Approx(1.0 / 200).epsilon(1e-12));
  CHECK(raw.information.xyta - corrected.information.xyta == Approx(2.0 / 200).epsilon(1e-12));
  CHECK(raw.information.xytab - corrected.information.xytab == Approx(4.0 / 200).epsilon(1e-12));
  // Unrelated series: on average nothing is left, to the next order of 1 / samples.
  double left = 0.0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    std::mt19937_64 engine(seed);
    Series a(100), b(100);
    for (double& v : a) v = static_cast<double>(engine() >> 11);
    for (double& v : b) v = static_cast<double>(engine() >> 11);
    left += decompose(a, b, {.bias_correction = true}).information.xytab / 400;
  }
  CHECK(std::abs(left) < 0.003);
}

TEST_CASE("too few transitions, constant, broken and dependent series have a status",
          "[gaussian_phiid]") {
  const auto [x, y] = two_series(8, 50);
  const Series first(x.begin(), x.begin() + 5);
  const Series second(y.begin(), y.begin() + 5);
  CHECK(decompose(first, second).status == Status::too_short);  // 4 transitions
  CHECK(decompose({x.begin(), x.begin() + 6}, {y.begin(), y.begin() + 6}).status == Status::ok);
  CHECK(decompose({x.begin(), x.begin() + 6}, {y.begin(), y.begin() + 6}, {.lag = 2}).status ==
        Status::too_short);
  CHECK(decompose({}, {}).status == Status::too_short);
  CHECK(decompose(x, y, {.lag = 1000}).status == Status::too_short);
  CHECK(decompose(x, Series(50, 0.1)).status == Status::constant_series);
  Series still = x;  // only the past is constant
  std::fill(still.begin(), still.end() - 1, 2.0);
  CHECK(decompose(still, y).status == Status::constant_series);
  CHECK(decompose(x, x).status == Status::singular);
  Series line = x;
  for (double& value : line) value = 3.0 - 7.0 * value;
  CHECK(decompose(x, line).status == Status::singular);
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    for (const std::size_t place : std::array<std::size_t, 3>{0, 20, 49}) {
      Series broken = y;
      broken[place] = bad;
      const Phiid found = decompose(x, broken);
      CHECK(found.status == Status::nonfinite);
      CHECK(found.atoms == phiscope::PhiidAtoms{});
      CHECK(decompose(broken, Series(50, 1.0)).status == Status::constant_series);
    }
  }
}

TEST_CASE("the threshold of singularity is an option", "[gaussian_phiid]") {
  const auto [x, y] = two_series(9, 100);
  CHECK(decompose(x, y, {.singular_ratio = 0.9}).status == Status::singular);
  Series close = x;  // x and the copy differ by 1e-6: eigenvalue about 1e-13
  for (std::size_t t = 0; t < 100; ++t) close[t] += 1e-6 * y[t];
  CHECK(decompose(x, close).status == Status::singular);
  CHECK(decompose(x, close, {.singular_ratio = 1e-15}).status == Status::ok);
}

TEST_CASE("float series are read as they are", "[gaussian_phiid]") {
  const auto [x, y] = two_series(10, 80);
  const std::vector<float> u(x.begin(), x.end());
  const std::vector<float> v(y.begin(), y.end());
  const Phiid narrow = gaussian_phiid<float>(u, v);
  const Phiid wide = decompose({u.begin(), u.end()}, {v.begin(), v.end()});
  CHECK(narrow.atoms == wide.atoms);
}

TEST_CASE("Gaussian PhiID refuses series of different lengths and lag 0", "[gaussian_phiid]") {
  const Series x(10, 1.0);
  const Series y(9, 1.0);
  CHECK_THROWS_WITH(decompose(x, y), Contains("lengths 10 and 9"));
  CHECK_THROWS_AS(decompose(x, x, {.lag = 0}), std::invalid_argument);
}
