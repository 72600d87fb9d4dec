// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

namespace phiscope {

/// Ranks 1 .. n in ascending order; of equal numbers the one that stands first has the lower rank.
/// @param numbers  [item], none NaN
/// @return  [item], a permutation of 1 .. n
/// @see  scipy.stats.rankdata(numbers, "ordinal")
[[nodiscard]] inline std::vector<std::size_t> ordinal_ranks(std::span<const double> numbers) {
  std::vector<std::size_t> order(numbers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [numbers](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; });
  std::vector<std::size_t> ranks(numbers.size());
  for (std::size_t place = 0; place < order.size(); ++place) ranks[order[place]] = place + 1;
  return ranks;
}

}  // namespace phiscope
