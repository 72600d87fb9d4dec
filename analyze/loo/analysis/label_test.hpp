// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis/run.hpp"

#include <phiscope/value.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::analyze::loo {

/// Distances between the words of one full context, from which the ratio of any clusters follows.
struct WordDistances {
  std::vector<std::int64_t> words;         ///< [word row], ascending
  std::vector<std::vector<double>> pairs;  ///< [layer][i < j, row by row], activation units
};

/// Is the ratio larger than that of words permuted over the clusters?
struct LabelTest {
  Value ratio = Status::too_few_rows;      ///< mean over the contexts
  Value null_mean = Status::too_few_rows;  ///< of the permuted clusters
  Value null_high = Status::too_few_rows;  ///< their 95 % quantile
  Value p = Status::too_few_rows;          ///< one-sided: share with at least that ratio
  double least_p = 1.0;                    ///< the smallest that the permutations can give
  std::size_t draws = 0;                   ///< permutations with a ratio, but for the words' own
  std::size_t undefined_draws = 0;         ///< permutations without: no context has pairs
  bool exact = false;                      ///< all arrangements were counted, none drawn
};

/// At most so many arrangements are all counted; where there are more, so many are drawn.
inline constexpr std::size_t label_draws = 999;

/// The ratio of a context in one layer, from the distances between its words.
[[nodiscard]] Value distance_ratio(const WordDistances& context, std::size_t layer,
                                   const Partition& partition, Cross cross);

/// Permutes the words of a condition over their clusters and groups together, so that each cluster
/// keeps its size and each permuted word its partner's group; all contexts and layers share a
/// permutation. The statistic is the mean ratio over the contexts in which it is defined.
///
/// @param contexts  [context], of one condition and length
/// @return  [layer]; without a context too_few_rows
[[nodiscard]] std::vector<LabelTest> test_labels(const Partition& partition,
                                                 std::span<const WordDistances* const> contexts,
                                                 std::size_t layers, Cross cross,
                                                 std::uint64_t seed);

}  // namespace phiscope::analyze::loo
