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

/// Pearson's correlation sum dx dy / sqrt(sum dx^2 sum dy^2), two passes.
///
/// @param x,y  [item], paired
/// @return  in [-1, 1], whatever the unit and offset of x and y; too_few_rows below two items,
///          constant when x or y has one value only, nonfinite
/// @throws std::invalid_argument if the lengths differ
/// @see  scipy.stats.pearsonr
[[nodiscard]] inline Value pearson(std::span<const double> x, std::span<const double> y);

namespace detail {

/// Deviations from the mean divided by the largest of them, so that no square overflows or
/// vanishes; empty if all numbers are equal. @pre not empty, all finite
[[nodiscard]] inline std::vector<double> scaled_deviations(std::span<const double> numbers) {
  const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
  if (*low == *high) return {};
  // The middle of the range is subtracted first: it costs no digit, and a large offset costs none
  // in the mean either.
  const double middle = *low + (*high / 2.0 - *low / 2.0);
  const double radius = std::max(*high - middle, middle - *low);
  std::vector<double> deviations(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) deviations[i] = (numbers[i] - middle) / radius;
  const double mean = mean_of(deviations);
  for (double& deviation : deviations) deviation -= mean;
  return deviations;
}

}  // namespace detail

inline Value pearson(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size()) {
    throw std::invalid_argument("pearson: lengths " + std::to_string(x.size()) + " and " +
                                std::to_string(y.size()) + ", expected equal ones");
  }
  if (x.size() < 2) return Status::too_few_rows;
  const auto finite = [](double number) { return std::isfinite(number); };
  if (!std::all_of(x.begin(), x.end(), finite) || !std::all_of(y.begin(), y.end(), finite)) {
    return Status::nonfinite;
  }
  const std::vector<double> dx = detail::scaled_deviations(x);
  const std::vector<double> dy = detail::scaled_deviations(y);
  if (dx.empty() || dy.empty()) return Status::constant;
  CompensatedSum xx;
  CompensatedSum yy;
  CompensatedSum xy;
  for (std::size_t i = 0; i < dx.size(); ++i) {
    xx += dx[i] * dx[i];
    yy += dy[i] * dy[i];
    xy += dx[i] * dy[i];
  }
  return std::clamp(xy.value() / std::sqrt(xx.value() * yy.value()), -1.0, 1.0);
}

}  // namespace phiscope
