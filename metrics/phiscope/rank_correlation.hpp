// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Ranks from 1; equal numbers share the mean of the ranks they take up (scipy.stats.rankdata).
/// @param numbers  [item], none NaN
/// @return  [item]
[[nodiscard]] inline std::vector<double> average_ranks(std::span<const double> numbers) {
  std::vector<std::size_t> order(numbers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [numbers](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; });
  std::vector<double> ranks(numbers.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && numbers[order[end]] == numbers[order[begin]]) ++end;
    const double rank = static_cast<double>(begin + 1 + end) / 2.0;
    for (; begin < end; ++begin) ranks[order[begin]] = rank;
  }
  return ranks;
}

/// Spearman's rank correlation: Pearson's correlation of the average ranks.
///
/// @param x,y  [item], paired
/// @return  in [-1, 1]; undefined below two items (too_few_rows), when x or y has one value only
///          (constant), or when a number is not finite
/// @throws std::invalid_argument if the lengths differ
/// @see  scipy.stats.spearmanr
[[nodiscard]] inline Value rank_correlation(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size()) {
    throw std::invalid_argument("rank_correlation: lengths " + std::to_string(x.size()) + " and " +
                                std::to_string(y.size()) + ", expected equal ones");
  }
  if (x.size() < 2) return Status::too_few_rows;
  const auto finite = [](double number) { return std::isfinite(number); };
  if (!std::all_of(x.begin(), x.end(), finite) || !std::all_of(y.begin(), y.end(), finite)) {
    return Status::nonfinite;
  }
  const std::vector<double> a = average_ranks(x);
  const std::vector<double> b = average_ranks(y);
  const double mean_rank = static_cast<double>(x.size() + 1) / 2.0;
  // Ranks are multiples of 1/2, so these sums are exact up to millions of items.
  double aa = 0.0;
  double bb = 0.0;
  double ab = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - mean_rank) * (a[i] - mean_rank);
    bb += (b[i] - mean_rank) * (b[i] - mean_rank);
    ab += (a[i] - mean_rank) * (b[i] - mean_rank);
  }
  if (aa == 0.0 || bb == 0.0) return Status::constant;
  return std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0);
}

}  // namespace phiscope
