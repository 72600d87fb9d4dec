// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/vector_log.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

using phiscope::detail::log_of_normal;

namespace {

/// Error in units of the last place of the result.
double error(double x) {
  const long double exact = std::log(static_cast<long double>(x));
  const double rounded = static_cast<double>(exact);
  const double unit = std::abs(std::nextafter(rounded, INFINITY) - rounded);
  return static_cast<double>(std::abs(static_cast<long double>(log_of_normal(x)) - exact)) / unit;
}

}  // namespace

TEST_CASE("the logarithm of powers of two and of one is exact", "[vector_log]") {
  CHECK(log_of_normal(1.0) == 0.0);
  CHECK(log_of_normal(2.0) == std::log(2.0));
  CHECK(log_of_normal(0.5) == -std::log(2.0));
  CHECK(log_of_normal(0x1p-1022) == std::log(0x1p-1022));
  CHECK(log_of_normal(std::numeric_limits<double>::max()) ==
        std::log(std::numeric_limits<double>::max()));
}

TEST_CASE("the logarithm is within a unit in the last place everywhere", "[vector_log]") {
  std::mt19937_64 engine(1);
  double worst = 0.0;
  for (int k = 0; k < 200000; ++k) {
    const double m = 1.0 + static_cast<double>(engine() >> 12) * 0x1p-52;
    const int exponent = static_cast<int>(engine() % 2044) - 1022;
    worst = std::max(worst, error(std::ldexp(m, exponent)));
    worst = std::max(worst, error(0.5 + 1.5 * (m - 1.0)));  // around 1
    worst = std::max(worst, error(1.0 + (m - 1.5) * 1e-6));
  }
  for (const double x : {std::sqrt(0.5), std::sqrt(2.0)}) {
    for (const double to : {0.0, 10.0}) worst = std::max(worst, error(std::nextafter(x, to)));
  }
  CHECK(worst < 1.0);
}
