// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/surrogates.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <set>
#include <vector>

using phiscope::circular_shift;
using phiscope::phase_randomised;
using phiscope::Status;
using phiscope::surrogate_test;
using phiscope::Value;

namespace {

/// Amplitudes by the definition of the discrete Fourier transform.
std::vector<double> amplitudes(const std::vector<double>& x) {
  std::vector<double> result;
  for (std::size_t k = 0; k < x.size(); ++k) {
    std::complex<double> sum = 0.0;
    for (std::size_t t = 0; t < x.size(); ++t) {
      const double turn = static_cast<double>(k * t % x.size()) / static_cast<double>(x.size());
      sum += x[t] * std::polar(1.0, -2.0 * std::numbers::pi * turn);
    }
    result.push_back(std::abs(sum));
  }
  return result;
}

}  // namespace

TEST_CASE("a circular shift is the series begun elsewhere", "[surrogates]") {
  const std::vector<double> x{0, 1, 2, 3, 4};
  std::set<double> starts;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto shifted = circular_shift<double>(x, seed);
    const double start = shifted[0];
    starts.insert(start);
    for (std::size_t t = 0; t < 5; ++t) {
      CHECK(shifted[t] == static_cast<double>((static_cast<std::size_t>(start) + t) % 5));
    }
  }
  CHECK(starts == std::set<double>{1, 2, 3, 4});  // never unshifted
  CHECK(circular_shift<double>(x, 7) == circular_shift<double>(x, 7));
  CHECK(circular_shift<double>({}, 1).empty());
}

TEST_CASE("random phases keep every amplitude", "[surrogates]") {
  const std::size_t n = GENERATE(as<std::size_t>{}, 2, 3, 30, 31, 100);
  const auto x = phiscope::test::coupled_series(n, n, 1);
  const auto y = phase_randomised<double>(x, 5);
  REQUIRE(y.size() == n);
  const auto before = amplitudes(x);
  const auto after = amplitudes(y);
  for (std::size_t k = 0; k < n; ++k) CHECK(after[k] == Approx(before[k]).margin(1e-10));
  if (n > 3) {
    CHECK(y != phase_randomised<double>(x, 6));
    double moved = 0.0;
    for (std::size_t t = 0; t < n; ++t) moved = std::max(moved, std::abs(y[t] - x[t]));
    CHECK(moved > 0.1);
  }
  CHECK(y == phase_randomised<double>(x, 5));
}

TEST_CASE("z and p of an observed number", "[surrogates]") {
  const std::vector<double> surrogates{1, 2, 3, 4, 5};
  const auto found = surrogate_test(4.0, surrogates);
  CHECK(found.z.value() == Approx(1.0 / std::sqrt(2.5)).epsilon(1e-15));
  CHECK(found.p == Value(3.0 / 6.0));  // 4, 5 and the number itself
  CHECK(surrogate_test(9.0, surrogates).p == Value(1.0 / 6.0));
  CHECK(surrogate_test(-9.0, surrogates).p == Value(1.0));
  CHECK(found.n == 5);
}

TEST_CASE("z and p need surrogates that differ and are finite", "[surrogates]") {
  CHECK(surrogate_test(1.0, {}).p == Value(Status::too_few_rows));
  const std::vector<double> one{2.0};
  CHECK(surrogate_test(1.0, one).p == Value(1.0));
  CHECK(surrogate_test(1.0, one).z == Value(Status::too_few_rows));
  const std::vector<double> equal{2.0, 2.0};
  CHECK(surrogate_test(1.0, equal).z == Value(Status::constant));
  const std::vector<double> broken{2.0, std::nan("")};
  CHECK(surrogate_test(1.0, broken).z == Value(Status::nonfinite));
  CHECK(surrogate_test(std::nan(""), equal).p == Value(Status::nonfinite));
}
