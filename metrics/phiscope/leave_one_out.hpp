// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/cluster_structure.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/pairs.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// How removing one position changes the structure. A positive ratio or energy means that removing
/// it hurts the structure.
struct Influence {
  Value ratio;   ///< full - without
  Value cross;   ///< full - without, activation units
  Value within;  ///< full - without, activation units
  Value energy;  ///< without - full, activation units squared
};

/// Influence from the structure of the full context and of the context without the position;
/// undefined where either is, with the first reason of the two.
[[nodiscard]] inline Influence influence(const ClusterStructure& full,
                                         const ClusterStructure& without) {
  return {.ratio = difference(full.ratio, without.ratio),
          .cross = difference(full.cross, without.cross),
          .within = difference(full.within, without.within),
          .energy = difference(without.energy, full.energy)};
}

/// Representations of the words that are present, one row each.
template <std::floating_point T>
struct WordRows {
  MatrixView<T> rows;                   ///< [row, unit]
  std::span<const std::int64_t> words;  ///< [row]: word id
};

/// Influence of a position, with two answers to "which pairs?" when removing it removes a word.
struct LeaveOneOut {
  Influence own_pairs;         ///< each side over the pairs of its own words, as published
  Influence common_pairs;      ///< both sides over the pairs of the words that both have
  bool pairs_changed = false;  ///< the two sides have different words, so the answers may differ
};

/// Influence of one position from two runs of the model: with the full context and without the
/// position (for deleting a row without a new run see row_deletions()).
///
/// @param full,without  words present in each run, one row per word, in any order
/// @param partition  cluster and group of every word id
/// @return  undefined values name the first reason found on either side
/// @throws std::invalid_argument if a side has not one word per row, or a word has no cluster or
/// group
/// @see  experiment loo
template <std::floating_point T>
[[nodiscard]] LeaveOneOut leave_one_out(const WordRows<T>& full, const WordRows<T>& without,
                                        const Partition& partition, Cross cross = Cross::groups,
                                        PhiRatioOptions options = {});

namespace detail {

/// Pairs of those rows whose words `other` has too, as indices into all rows.
inline PairSet common_pairs(std::span<const std::int64_t> words,
                            std::span<const std::int64_t> other, const Partition& partition,
                            Cross cross) {
  std::vector<std::int64_t> kept;
  std::vector<std::size_t> row;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (std::find(other.begin(), other.end(), words[i]) == other.end()) continue;
    kept.push_back(words[i]);
    row.push_back(i);
  }
  PairSet pairs = pair_set(kept, partition, cross);
  for (std::vector<Pair>* list : {&pairs.cross, &pairs.within}) {
    for (auto& [a, b] : *list) {
      a = row[a];
      b = row[b];
    }
  }
  return pairs;
}

inline void expect_a_word_per_row(std::size_t words, std::size_t rows) {
  if (words == rows) return;
  throw std::invalid_argument("leave_one_out: " + std::to_string(words) + " words, expected " +
                              std::to_string(rows) + ", one per row");
}

}  // namespace detail

template <std::floating_point T>
LeaveOneOut leave_one_out(const WordRows<T>& full, const WordRows<T>& without,
                          const Partition& partition, Cross cross, PhiRatioOptions options) {
  detail::expect_a_word_per_row(full.words.size(), full.rows.rows());
  detail::expect_a_word_per_row(without.words.size(), without.rows.rows());

  const auto own = [&](const WordRows<T>& side) {
    return cluster_structure(side.rows, pair_set(side.words, partition, cross), options);
  };
  const Influence with_own_pairs = influence(own(full), own(without));
  LeaveOneOut result{
      .own_pairs = with_own_pairs,
      .common_pairs = with_own_pairs,
      .pairs_changed = !std::is_permutation(full.words.begin(), full.words.end(),
                                            without.words.begin(), without.words.end())};
  if (result.pairs_changed) {
    const auto common = [&](const WordRows<T>& side, const WordRows<T>& other) {
      const PairSet pairs = detail::common_pairs(side.words, other.words, partition, cross);
      return cluster_structure(side.rows, pairs, options);
    };
    result.common_pairs = influence(common(full, without), common(without, full));
  }
  return result;
}

}  // namespace phiscope
