// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Quantile of ascending numbers, linear between neighbours.
/// @param sorted  [item], finite and ascending
/// @param p  the share of numbers below it, in [0, 1]
/// @return  in the unit of the numbers; too_few_rows without a number
/// @throws std::invalid_argument if p is outside [0, 1]
/// @see  numpy.quantile, its default method
[[nodiscard]] inline Value quantile(std::span<const double> sorted, double p) {
  if (!(p >= 0.0 && p <= 1.0)) {
    throw std::invalid_argument("quantile: p is " + std::to_string(p) + ", expected 0 to 1");
  }
  if (sorted.empty()) return Status::too_few_rows;
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - std::floor(place)) * (sorted[above] - sorted[below]);
}

/// Median: the middle number, or the mean of the two middle ones when the count is even.
/// @param numbers  [item], in any order
/// @return  in the unit of the numbers; too_few_rows without a number; nonfinite if one is not
///          finite
/// @see  numpy.median
[[nodiscard]] inline Value median(std::span<const double> numbers) {
  if (numbers.empty()) return Status::too_few_rows;
  std::vector<double> sorted(numbers.begin(), numbers.end());
  for (const double number : sorted) {
    if (!std::isfinite(number)) return Status::nonfinite;
  }
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  if (sorted.size() % 2 == 1) return sorted[half];
  return 0.5 * sorted[half - 1] + 0.5 * sorted[half];  // halved first: the sum could overflow
}

/// Standard deviation with n - 1 in the denominator.
/// @param numbers  [item]
/// @return  in the unit of the numbers, >= 0; too_few_rows below two; nonfinite if one is not
/// finite
/// @see  numpy.std(ddof=1)
[[nodiscard]] inline Value standard_deviation(std::span<const double> numbers) {
  if (numbers.size() < 2) return Status::too_few_rows;
  const double mean = mean_of(numbers);
  CompensatedSum squares;
  for (const double number : numbers) squares += (number - mean) * (number - mean);
  return std::sqrt(squares.value() / static_cast<double>(numbers.size() - 1));
}

}  // namespace phiscope
