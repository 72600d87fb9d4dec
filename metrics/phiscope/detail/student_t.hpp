// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>

namespace phiscope::detail {

/// P(|T| <= tan(angle) sqrt(freedom)): for whole degrees of freedom a finite sum.
/// @see  Abramowitz and Stegun, 26.7.3 and 26.7.4
[[nodiscard]] inline double student_t_within(double angle, std::size_t freedom) {
  const double sine = std::sin(angle);
  const double cosine = std::cos(angle);
  const bool is_odd = freedom % 2 == 1;
  double term = is_odd ? cosine : 1.0;
  double sum = freedom == 1 ? 0.0 : term;
  for (std::size_t power = is_odd ? 3 : 2; power + 2 <= freedom; power += 2) {
    const auto k = static_cast<double>(power);
    term *= cosine * cosine * (k - 1.0) / k;
    sum += term;
  }
  return is_odd ? 2.0 / std::numbers::pi * (angle + sine * sum) : sine * sum;
}

/// The t with P(T > t) = tail, by bisection of the angle.
/// @param tail  in (0, 0.5)
/// @param freedom  degrees of freedom, at least 1
/// @see  scipy.stats.t.isf
[[nodiscard]] inline double student_t_quantile(double tail, std::size_t freedom) {
  double low = 0.0;
  double high = 0.5 * std::numbers::pi;
  for (int step = 0; step < 60; ++step) {
    const double middle = 0.5 * (low + high);
    (student_t_within(middle, freedom) < 1.0 - 2.0 * tail ? low : high) = middle;
  }
  return std::tan(0.5 * (low + high)) * std::sqrt(static_cast<double>(freedom));
}

}  // namespace phiscope::detail
