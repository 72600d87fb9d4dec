// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Pairs of series i < j with i from one group and j from the same or a later group.
struct PairBlock {
  std::size_t first_i = 0;
  std::size_t count_i = 0;
  std::size_t first_j = 0;
  std::size_t count_j = 0;
  friend bool operator==(const PairBlock&, const PairBlock&) = default;
};

/// Number of pairs i < j of `series` series.
[[nodiscard]] constexpr std::size_t pair_count(std::size_t series) noexcept {
  return series < 2 ? 0 : series % 2 == 0 ? series / 2 * (series - 1) : (series - 1) / 2 * series;
}

/// Place of the pair i < j in lexicographic order: (0, 1), (0, 2), ..., (1, 2), ...
/// @pre i < j < series
[[nodiscard]] constexpr std::size_t pair_index(std::size_t i, std::size_t j,
                                               std::size_t series) noexcept {
  return pair_count(series) - pair_count(series - i) + (j - i - 1);
}

/// Blocks that hold every pair i < j of `series` series once. A function of its arguments alone, so
/// that work cut along it is the same for any number of threads.
/// @param width  series in a group, at least 1
/// @throws std::invalid_argument if width is 0
[[nodiscard]] inline std::vector<PairBlock> pair_blocks(std::size_t series, std::size_t width) {
  if (width == 0) throw std::invalid_argument("pair_blocks: width 0, expected at least 1");
  std::vector<PairBlock> blocks;
  for (std::size_t i = 0; i < series; i += width) {
    for (std::size_t j = i; j < series; j += width) {
      const PairBlock block{.first_i = i,
                            .count_i = std::min(width, series - i),
                            .first_j = j,
                            .count_j = std::min(width, series - j)};
      if (i == j && block.count_i == 1) continue;  // one series is no pair
      blocks.push_back(block);
    }
  }
  return blocks;
}

}  // namespace phiscope
