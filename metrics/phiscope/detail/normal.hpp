// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

namespace phiscope::detail {

/// P(Z <= z) of a standard normal variable.
[[nodiscard]] inline double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

/// The z with P(Z <= z) = p, by bisection, which is exact to rounding and needs no coefficients.
/// @param p  in (0, 1)
/// @see  scipy.stats.norm.ppf
[[nodiscard]] inline double normal_quantile(double p) {
  double low = -40.0;  // P is 0 or 1 in double beyond
  double high = 40.0;
  for (int step = 0; step < 64; ++step) {
    const double middle = 0.5 * (low + high);
    (normal_cdf(middle) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace phiscope::detail
