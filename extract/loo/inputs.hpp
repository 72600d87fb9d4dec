// SPDX-License-Identifier: MIT
#pragma once

#include "loo/plan.hpp"

#include <filesystem>
#include <vector>

namespace phiscope::extract {

/// Contexts with the vocabularies that their nodes index.
struct LooWalks {
  std::vector<Vocabulary> vocabularies;
  std::vector<LooContext> contexts;  ///< removed is empty where the file does not say
};

/// Reads published walks: {"vocabulary": {name: {"clusters", "semantic_groups"}}, "walks": [...]}.
/// @throws shard::FormatError naming file, entry, what was found and expected
LooWalks read_walks(const std::filesystem::path& file);

/// A graph of the user's own: {"name", "words", "clusters", "groups", "adjacency"}, adjacency
/// optional.
struct LooGraph {
  Vocabulary vocabulary;
  Adjacency adjacency;  ///< empty: drawn for every trial
};
/// @throws shard::FormatError naming file, entry, what was found and expected
LooGraph read_graph(const std::filesystem::path& file);

}  // namespace phiscope::extract
