// SPDX-License-Identifier: MIT
#pragma once

#include "plan/action_list.hpp"
#include "plan/generation.hpp"
#include "plan/hook.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace phiscope::extract {

/// Half-open range of token positions of a run.
struct Span {
  int begin = 0;
  int end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

/// One row to keep of a run: the mean over `spans` of the mean over the tokens of each span.
struct Row {
  std::vector<std::int64_t> key;  ///< what the row is, in the order of the plan's row space
  std::vector<Span> spans;        ///< not empty, none empty
};

/// One pass through the model: tokens in, rows out.
struct Run {
  std::vector<int> tokens;
  std::vector<Row> rows;
  std::vector<std::int64_t> key{};  ///< what the run is; keys of its generated rows begin with it
  ActionList actions{};
  bool donor = false;  ///< computed only for the values that others take: no rows, not continued
  bool whole = false;  ///< nothing of another run is shared
};

/// Runs that belong together. What they have in common with the first, which has no actions if
/// there are others, is computed once: leading positions, and blocks below the first action.
struct Group {
  std::vector<Run> runs;
};

/// What of a hook's values is stored.
enum class Measure {
  values,
  kl,                  ///< of logits: KL(first run of the group || this run), nats
  reverse_kl,          ///< of logits: KL(this run || first run), nats
  prediction_changed,  ///< of logits: 1 where the highest score is another token's, else 0
};

/// What is stored of every row. A measure compares, token by token, the run with the first of its
/// group; a row is the mean over its spans as for values.
struct Capture {
  std::string array;  ///< name of the array in the run directory
  Hook hook = Hook::resid_post;
  std::vector<int> layers;  ///< empty for hooks that are not in a block
  Measure measure = Measure::values;
};

/// Everything that will be computed, as plain data. Shard k holds `groups_per_shard` groups from
/// k * groups_per_shard on; a batch never crosses a shard.
struct Plan {
  std::vector<Capture> captures;
  Generation generation{};
  std::vector<Group> groups;
  std::size_t groups_per_shard = 1;
  std::vector<std::vector<int>> averaged{};  ///< [text] tokens, see averaged_texts

  [[nodiscard]] std::size_t shards() const {
    return (groups.size() + groups_per_shard - 1) / groups_per_shard;
  }
};

/// Number of leading tokens that two runs have in common.
inline std::size_t shared_prefix(const std::vector<int>& a, const std::vector<int>& b) {
  std::size_t n = 0;
  while (n < a.size() && n < b.size() && a[n] == b[n]) ++n;
  return n;
}

/// What must be computed of a run that has something in common with another: tokens from `position`
/// on, in the blocks from `layer` on. At least one token.
struct Departure {
  std::size_t position = 0;
  int layer = 0;
};
inline Departure departure(const Run& base, const Run& run) {
  if (run.whole) return {};
  const std::size_t common = shared_prefix(base.tokens, run.tokens);
  std::size_t position = std::min(common, run.tokens.size() - 1);
  int layer = std::numeric_limits<int>::max();
  for (const Action& action : run.actions) {
    const Site* site = site_of(action);
    if (site == nullptr) continue;
    position = std::min(position, static_cast<std::size_t>(first_position(*site)));
    layer = std::min(layer, entry_layer(*site));
  }
  // Other tokens change everything from the embedding on; so does being computed at all.
  const bool same_tokens = common == run.tokens.size();
  return {.position = position, .layer = same_tokens && !run.actions.empty() ? layer : 0};
}

/// Work, once with every run alone and once with what is shared computed once.
struct TokenCount {
  std::uint64_t runs = 0;
  std::uint64_t rows = 0;
  std::uint64_t alone = 0;   ///< tokens
  std::uint64_t shared = 0;  ///< tokens
  std::uint64_t token_layers_alone = 0;
  std::uint64_t token_layers_shared = 0;
};

/// Counts the work of some groups, without what is generated.
/// @param layers  of the model
inline TokenCount count_tokens(std::span<const Group> groups, int layers = 1) {
  TokenCount count;
  for (const Group& group : groups) {
    for (std::size_t r = 0; r < group.runs.size(); ++r) {
      const Run& run = group.runs[r];
      const bool whole = r == 0 || run.donor;
      const Departure from = whole ? Departure{} : departure(group.runs.front(), run);
      const std::uint64_t computed = run.tokens.size() - from.position;
      const int above = layers - std::min(from.layer, layers);
      ++count.runs;
      count.rows += run.rows.size();
      count.alone += run.tokens.size();
      count.shared += computed;
      count.token_layers_alone += run.tokens.size() * static_cast<std::uint64_t>(layers);
      count.token_layers_shared += computed * static_cast<std::uint64_t>(above);
    }
  }
  return count;
}

}  // namespace phiscope::extract
