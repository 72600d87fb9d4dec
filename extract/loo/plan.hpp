// SPDX-License-Identifier: MIT
#pragma once

#include "loo/walk.hpp"
#include "plan/plan.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope::extract {

/// What is done with the first position, which most models use as an attention sink.
enum class Sink {
  keep,    ///< position 0 counts like any other
  drop,    ///< position 0 of every run is left out of the representations
  prefix,  ///< a neutral token is fed first, so that position 0 is no word
};

/// Which occurrences of a word make up its representation.
enum class Occurrence { mean, first, last };

/// One walk of words, its graph, and the positions that are removed in turn.
struct LooContext {
  int condition = 0;  ///< index of the vocabulary
  int n = 0;          ///< words in the full context
  int trial = 0;
  std::uint64_t seed = 0;    ///< what the generator was seeded with, unless replayed
  std::vector<int> nodes;    ///< [position] word
  Adjacency adjacency;       ///< [word, word]
  std::vector<int> removed;  ///< tested positions, ascending

  [[nodiscard]] std::string id(const std::string& condition_name) const {
    return condition_name + "/n" + std::to_string(n) + "/trial" + std::to_string(trial);
  }
};

/// Positions whose word lies in another cluster than the word before; the rest are anchors.
inline std::vector<int> bridge_positions(const std::vector<int>& nodes,
                                         const std::vector<int>& cluster) {
  std::vector<int> bridges;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const auto here = static_cast<std::size_t>(nodes[i]);
    const auto before = static_cast<std::size_t>(nodes[i - 1]);
    if (cluster[here] != cluster[before]) bridges.push_back(static_cast<int>(i));
  }
  return bridges;
}

/// `count` positions spread evenly over 0 .. n-1, ends included; all of them if count >= n.
inline std::vector<int> spread_positions(int n, int count) {
  std::vector<int> positions;
  if (count >= n) {
    for (int i = 0; i < n; ++i) positions.push_back(i);
    return positions;
  }
  const std::int64_t last = n - 1;  // its products with a position do not fit an int
  for (int i = 0; i < count; ++i) {
    positions.push_back(count == 1 ? 0
                                   : static_cast<int>((i * last + (count - 1) / 2) / (count - 1)));
  }
  return positions;
}

/// One generated context per (n, trial). Every vocabulary shares graph and walk (a paired design),
/// so the graph is drawn from the first one's clusters, which all must have.
/// @param per_context  positions to remove; 0: all up to n = 20, else 10; negative: all
inline std::vector<LooContext> loo_contexts(const std::vector<Vocabulary>& vocabularies,
                                            const std::vector<int>& lengths, int trials,
                                            std::uint64_t seed, int per_context,
                                            const Adjacency& fixed_graph = {}) {
  std::vector<LooContext> contexts;
  for (std::size_t c = 0; c < vocabularies.size(); ++c) {
    if (vocabularies[c].cluster != vocabularies.front().cluster) {
      throw std::invalid_argument("loo_contexts: " + vocabularies[c].name +
                                  " has other clusters than " + vocabularies.front().name +
                                  ", the conditions could not share walks");
    }
    for (const int n : lengths) {
      for (int trial = 0; trial < trials; ++trial) {
        // seed_seq is defined bit for bit by the standard, and unlike seed + 100 * trial + n it
        // keeps (trial, n) and (trial + 1, n - 100) apart.
        std::seed_seq mixed{static_cast<std::uint32_t>(seed),
                            static_cast<std::uint32_t>(seed >> 32U),
                            static_cast<std::uint32_t>(trial), static_cast<std::uint32_t>(n)};
        std::mt19937_64 engine(mixed);
        LooContext context{.condition = static_cast<int>(c),
                           .n = n,
                           .trial = trial,
                           .seed = seed,
                           .nodes = {},
                           .adjacency = fixed_graph,
                           .removed = {}};
        if (fixed_graph.empty()) context.adjacency = random_graph(vocabularies[c].cluster, engine);
        context.nodes = random_walk(context.adjacency, static_cast<std::size_t>(n), engine);
        const int wanted = per_context < 0 || (per_context == 0 && n <= 20) ? n
                           : per_context == 0                               ? 10
                                                                            : per_context;
        context.removed = spread_positions(n, wanted);
        contexts.push_back(std::move(context));
      }
    }
  }
  return contexts;
}

/// A context as tokens: what is fed, and which tokens each word of the walk became.
struct LooTokens {
  std::vector<int> ids;
  std::vector<Span> spans;  ///< [position]; together they cover all ids but a prefix token
};

/// The rows of one run: every word that occurs, ascending, with its token spans.
/// @param removed  position left out of the context, or -1
inline std::vector<Row> loo_rows(const LooContext& context, const LooTokens& tokens, int removed,
                                 Sink sink, Occurrence occurrence) {
  std::vector<std::vector<Span>> of_word(context.adjacency.size());
  int shift = 0;
  bool first_word = true;
  for (std::size_t i = 0; i < context.nodes.size(); ++i) {
    const Span span = tokens.spans[i];
    if (static_cast<int>(i) == removed) {
      shift = span.end - span.begin;
      continue;
    }
    const bool skipped = first_word && sink == Sink::drop;
    first_word = false;
    if (skipped) continue;
    of_word[static_cast<std::size_t>(context.nodes[i])].push_back(
        {span.begin - shift, span.end - shift});
  }
  std::vector<Row> rows;
  for (std::size_t word = 0; word < of_word.size(); ++word) {
    std::vector<Span>& spans = of_word[word];
    if (spans.empty()) continue;
    if (occurrence == Occurrence::first) spans.resize(1);
    if (occurrence == Occurrence::last) spans.erase(spans.begin(), spans.end() - 1);
    rows.push_back({.key = {context.condition, context.n, context.trial, removed,
                            static_cast<std::int64_t>(word)},
                    .spans = spans});
  }
  return rows;
}

/// The full context and, for each tested position, the context without it.
inline Group loo_group(const LooContext& context, const LooTokens& tokens, Sink sink,
                       Occurrence occurrence) {
  Group group;
  group.runs.push_back(
      {.tokens = tokens.ids, .rows = loo_rows(context, tokens, -1, sink, occurrence)});
  for (const int position : context.removed) {
    const Span span = tokens.spans[static_cast<std::size_t>(position)];
    std::vector<int> ids = tokens.ids;
    ids.erase(ids.begin() + span.begin, ids.begin() + span.end);
    group.runs.push_back(
        {.tokens = ids, .rows = loo_rows(context, tokens, position, sink, occurrence)});
  }
  return group;
}

}  // namespace phiscope::extract
