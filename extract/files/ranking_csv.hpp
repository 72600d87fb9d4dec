// SPDX-License-Identifier: MIT
#pragma once

#include "shard/text/csv.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// How many heads a model has; query head `head` of `layer` is number layer * heads + head.
struct HeadGrid {
  std::int64_t layers = 0;
  std::int64_t heads = 0;  ///< per layer
  [[nodiscard]] std::int64_t count() const noexcept { return layers * heads; }
  friend bool operator==(const HeadGrid&, const HeadGrid&) = default;
};

/// A score for every attention head of a model.
struct Ranking {
  std::string score_column;
  std::optional<HeadGrid> grid;               ///< where the file has layer and head_in_layer
  std::vector<std::optional<double>> scores;  ///< [head], finite; nothing: the head is unranked
  std::size_t unranked = 0;                   ///< heads without a score

  /// The heads from the highest score to the lowest, of equal ones the lower number first, then the
  /// unranked ones: the order in which they are removed.
  [[nodiscard]] std::vector<std::int64_t> descending() const;
};

/// Reads a CSV with one row per head: `head_idx`, or `layer` and `head_in_layer`, or all three, and
/// a column of scores. Rows may be in any order; every head must be listed once. An empty score is
/// an unranked head if the column `n_pairs_ok` is 0 in that row or the file has a column `status`
/// as well (what analyze-phiid writes for a head whose score is undefined), and an error elsewhere.
/// Other columns may hold anything.
///
/// @param score_column  its name; empty: the only column whose name ends with "score"
/// @param expected  the model's heads, where known
/// @throws shard::FormatError naming line, column, what was found and what was expected
[[nodiscard]] Ranking read_ranking(const std::filesystem::path& file,
                                   std::string_view score_column = "",
                                   std::optional<HeadGrid> expected = std::nullopt);

/// As read_ranking(), of a CSV that has been read.
[[nodiscard]] Ranking ranking_of(const shard::Csv& csv, std::string_view score_column = "",
                                 std::optional<HeadGrid> expected = std::nullopt);

}  // namespace phiscope::extract
