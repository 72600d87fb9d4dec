// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/sum.hpp>
#include <phiscope/summary.hpp>
#include <phiscope/value.hpp>

#include <cstddef>
#include <span>

namespace phiscope {

/// Mean, spread and middle of a list of numbers, in their unit.
struct Description {
  std::size_t count = 0;
  Value mean;
  Value standard_deviation;  ///< with n - 1 in the denominator
  Value median;              ///< mean of the two middle numbers when the count is even
};

/// Count, mean, standard deviation and median of `numbers`.
/// @param numbers  [item]
/// @return  too_few_rows: mean and median of none, deviation of fewer than two; nonfinite: all
/// three,
///          if a number is not finite
/// @see  numpy.mean, numpy.std(ddof=1), numpy.median
[[nodiscard]] inline Description describe(std::span<const double> numbers) {
  Description result{.count = numbers.size(),
                     .mean = Status::too_few_rows,
                     .standard_deviation = Status::too_few_rows,
                     .median = Status::too_few_rows};
  if (numbers.empty()) return result;
  result.mean = mean_of(numbers);
  result.median = median(numbers);
  result.standard_deviation = standard_deviation(numbers);
  if (!result.mean.ok()) result.standard_deviation = result.median = result.mean;
  return result;
}

}  // namespace phiscope
