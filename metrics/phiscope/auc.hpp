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

/// Area under a curve by the trapezoid rule.
/// @param x  [point], strictly ascending
/// @param y  [point]
/// @return  unit of x times unit of y; too_few_rows below two points, nonfinite if a y is not
/// finite
/// @throws std::invalid_argument if the lengths differ or x does not ascend
/// @see  numpy.trapezoid
[[nodiscard]] inline Value auc(std::span<const double> x, std::span<const double> y);

/// A curve read off at other places, by straight lines between its points; for comparing curves on
/// one grid.
/// @param x  [point], strictly ascending
/// @param y  [point]
/// @param grid  [place], in any order
/// @return  [place]; too_few_rows outside [x.front(), x.back()]: nothing is extrapolated; nonfinite
///          next to a y that is not finite
/// @throws std::invalid_argument if the lengths differ or x does not ascend
/// @see  numpy.interp, which extrapolates by a constant
[[nodiscard]] inline std::vector<Value> interpolate(std::span<const double> x,
                                                    std::span<const double> y,
                                                    std::span<const double> grid);

namespace detail {

inline void expect_curve(std::span<const double> x, std::span<const double> y,
                         const char* function) {
  if (x.size() != y.size()) {
    throw std::invalid_argument(std::string(function) + ": lengths " + std::to_string(x.size()) +
                                " and " + std::to_string(y.size()) + ", expected equal ones");
  }
  for (std::size_t i = 1; i < x.size(); ++i) {
    if (!(x[i - 1] < x[i])) {
      throw std::invalid_argument(std::string(function) + ": x[" + std::to_string(i) + "] is " +
                                  std::to_string(x[i]) + ", expected more than " +
                                  std::to_string(x[i - 1]));
    }
  }
}

}  // namespace detail

inline Value auc(std::span<const double> x, std::span<const double> y) {
  detail::expect_curve(x, y, "auc");
  if (x.size() < 2) return Status::too_few_rows;
  CompensatedSum area;
  for (std::size_t i = 1; i < x.size(); ++i) {
    area += (x[i] - x[i - 1]) * (y[i - 1] + (y[i] - y[i - 1]) / 2.0);
  }
  return area.value();
}

inline std::vector<Value> interpolate(std::span<const double> x, std::span<const double> y,
                                      std::span<const double> grid) {
  detail::expect_curve(x, y, "interpolate");
  std::vector<Value> values;
  values.reserve(grid.size());
  for (const double place : grid) {
    const auto above = std::lower_bound(x.begin(), x.end(), place);  // the first x >= place
    if (x.empty() || above == x.end() || !(x.front() <= place)) {
      values.emplace_back(Status::too_few_rows);
      continue;
    }
    const auto i = static_cast<std::size_t>(above - x.begin());
    if (*above == place) {
      values.emplace_back(y[i]);
    } else {
      const double share = (place - x[i - 1]) / (x[i] - x[i - 1]);
      values.emplace_back(y[i - 1] + share * (y[i] - y[i - 1]));
    }
  }
  return values;
}

}  // namespace phiscope
