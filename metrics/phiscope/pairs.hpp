// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Two rows, first < second.
struct Pair {
  std::size_t first = 0;
  std::size_t second = 0;
  friend bool operator==(const Pair&, const Pair&) = default;
};

/// The pairs of rows that the structure metrics average over, each list in lexicographic order.
struct PairSet {
  std::vector<Pair> cross;   ///< C: different clusters (and the same group, see Cross)
  std::vector<Pair> within;  ///< W: the same cluster
  friend bool operator==(const PairSet&, const PairSet&) = default;
};

/// Which pairs of different clusters count as cross pairs.
enum class Cross {
  groups,  ///< those of the same group: "cat" and "dog", so that meaning does not enter the
           ///< distance
  all,     ///< all of them
};

/// Clusters and groups of the words (graph nodes) of an experiment, by word id.
struct Partition {
  std::vector<std::int64_t> cluster;  ///< [word]
  std::vector<std::int64_t> group;    ///< [word]; may be empty with Cross::all
};

/// Cross and within pairs of rows whose words are `words`. Only words that are present have rows,
/// so presence needs no flag: a missing word is a missing row.
///
/// @param words  [row]: word id of each row; two rows of one word count like two words
/// @param partition  cluster and group of every word id
/// @return  pairs of row indices into the same rows; a list is empty when no pair qualifies
/// @throws std::invalid_argument if a word has no cluster, or no group where `cross` needs one
[[nodiscard]] inline PairSet pair_set(std::span<const std::int64_t> words,
                                      const Partition& partition, Cross cross = Cross::groups) {
  const auto& [cluster, group] = partition;
  if (cross == Cross::groups && group.size() != cluster.size()) {
    throw std::invalid_argument("pair_set: " + std::to_string(group.size()) + " groups, expected " +
                                std::to_string(cluster.size()) + ", one per word");
  }
  for (const std::int64_t word : words) {
    if (word < 0 || static_cast<std::size_t>(word) >= cluster.size()) {
      throw std::invalid_argument("pair_set: word " + std::to_string(word) +
                                  " has no cluster, expected a word below " +
                                  std::to_string(cluster.size()));
    }
  }
  PairSet pairs;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto a = static_cast<std::size_t>(words[i]);
    for (std::size_t j = i + 1; j < words.size(); ++j) {
      const auto b = static_cast<std::size_t>(words[j]);
      if (cluster[a] == cluster[b]) {
        pairs.within.push_back({i, j});
      } else if (cross == Cross::all || group[a] == group[b]) {
        pairs.cross.push_back({i, j});
      }
    }
  }
  return pairs;
}

/// The same when every row has a cluster (and group) of its own: pairs of rows by label.
/// @param clusters,groups  [row]; `groups` may be empty with Cross::all
/// @throws std::invalid_argument if the lengths differ where both are needed
[[nodiscard]] inline PairSet pair_set_of_labels(std::span<const std::int64_t> clusters,
                                                std::span<const std::int64_t> groups, Cross cross) {
  std::vector<std::int64_t> rows(clusters.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  return pair_set(
      rows,
      {.cluster = {clusters.begin(), clusters.end()}, .group = {groups.begin(), groups.end()}},
      cross);
}

}  // namespace phiscope
