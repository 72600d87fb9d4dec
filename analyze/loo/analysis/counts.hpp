// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis/run.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace phiscope::analyze::loo {

/// How many occurrences each word's row is the mean of, [word row]; 1 where a row is one of them.
/// @param words  of the rows, ascending
/// @param removed  position that is left out; -1: none
[[nodiscard]] std::vector<double> occurrences(const Walk& walk, std::span<const std::int64_t> words,
                                              Sink sink, Occurrence occurrence,
                                              std::int64_t removed);

/// Distances without what the numbers of occurrences alone give them. A mean over k occurrences has
/// 1 / k of their noise, so words that a walk returns to are closer to all others, and they are
/// closer to each other most: a walk stays within a cluster, and the cluster looks compact although
/// no word knows of any other. What a line in sqrt(1 / k_a + 1 / k_b) explains of the distances of
/// one context and layer (least squares) is taken out around its mean.
///
/// Where every row is a mean over as many occurrences the distances stay as they are.
/// @param distances  [i < j, row by row], activation units
/// @param counts  [word row]
/// @return  [i < j, row by row], at least 0
/// @throws std::invalid_argument if there is not one distance per pair
[[nodiscard]] std::vector<double> beyond_counts(std::span<const double> distances,
                                                std::span<const double> counts);

}  // namespace phiscope::analyze::loo
