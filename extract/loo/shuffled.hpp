// SPDX-License-Identifier: MIT
#pragma once

#include "loo/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// Name of the condition that has the words of another one's walks in random order.
inline constexpr const char* shuffled_name = "shuffled";

/// A context with the same words at shuffled positions: as many occurrences of each word, but no
/// step follows the graph, so what the order of a walk tells a model is gone.
///
/// Adjacency stays that of the walk, so that energies on the graph are compared on one graph.
/// Bridges and anchors are those of the shuffled order: whether the cluster changes from one
/// position to the next. The tested positions stay.
///
/// The permutation has a generator of its own, seeded by (seed, trial, n) and a fifth word that the
/// walks do not have: the walks of a seed are the same with and without this condition.
inline LooContext shuffled_context(const LooContext& walk, int condition, std::uint64_t seed) {
  LooContext context = walk;
  context.condition = condition;
  context.seed = seed;
  std::seed_seq mixed{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U),
                      static_cast<std::uint32_t>(walk.trial), static_cast<std::uint32_t>(walk.n),
                      std::uint32_t{1}};
  std::mt19937_64 engine(mixed);
  for (std::size_t left = context.nodes.size(); left > 1; --left) {
    std::swap(context.nodes[left - 1], context.nodes[uniform_below(engine, left)]);
  }
  return context;
}

/// Adds the condition "shuffled", after all others: the walks of the first one, shuffled.
/// @param vocabularies,contexts  as loo_contexts() takes and returns them; at least one vocabulary
inline void add_shuffled(std::vector<Vocabulary>& vocabularies, std::vector<LooContext>& contexts,
                         std::uint64_t seed) {
  Vocabulary words = vocabularies.front();
  words.name = shuffled_name;
  const int condition = static_cast<int>(vocabularies.size());
  vocabularies.push_back(std::move(words));
  const std::size_t walks = contexts.size();
  for (std::size_t i = 0; i < walks; ++i) {
    if (contexts[i].condition != 0) continue;
    contexts.push_back(shuffled_context(contexts[i], condition, seed));
  }
}

}  // namespace phiscope::extract
