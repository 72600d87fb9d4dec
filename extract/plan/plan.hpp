// SPDX-License-Identifier: MIT
#pragma once

#include "plan/action_list.hpp"
#include "plan/compute_dtype.hpp"
#include "plan/counter_random.hpp"
#include "plan/generation.hpp"
#include "plan/hook.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
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
  std::vector<std::int64_t> key;  ///< what the row is, in the order of its row space
  std::vector<Span> spans;        ///< not empty, none empty
  std::size_t space = 0;          ///< 0: the plan's own row space; n: Plan::further_spaces[n - 1]
  std::vector<int> targets{};     ///< tokens that token_score and its like look at
};

/// Continuous thoughts: positions after the tokens of a run. What enters the model there is no
/// token's embedding but feedback() of the last hidden state at the position before.
struct Latents {
  int count = 0;
  bool frozen = false;  ///< what enters is what entered Run::from there, whatever was changed since
  friend bool operator==(const Latents&, const Latents&) = default;
};

/// The first tokens that an earlier run of the group generated.
struct Quote {
  std::size_t run = 0;
  int tokens = 0;  ///< at most
  /// The run is that one, continued from there in another way: it takes its cache, and has no rows
  /// of its own. It is left out where there are no more than these tokens.
  bool continues = false;
  friend bool operator==(const Quote&, const Quote&) = default;
};

/// As Run::from: nothing of another run is shared.
inline constexpr std::size_t no_run = std::numeric_limits<std::size_t>::max();

/// As Run::alike: the run may be another than any other.
inline constexpr std::int64_t unlike = -1;

/// One way through the model: a sequence of segments in, rows out. The positions 0, 1, 2, ... are
/// those of `tokens`, of `latents`, of `after`, of `quote`, and then those of generated tokens.
struct Run {
  std::vector<int> tokens;
  std::vector<Row> rows;
  std::vector<std::int64_t> key{};  ///< what the run is; keys of its generated rows begin with it
  ActionList actions{};
  bool donor = false;  ///< computed only for the values that others take: no rows, not continued
  Latents latents{};
  std::vector<int> after{};  ///< e.g. the end of the thoughts and a given answer
  Quote quote{};
  std::size_t from = 0;     ///< earlier run of the group that has its beginning in common; its own
                            ///< number, or no_run: none
  std::size_t against = 0;  ///< run of the group that measures compare with
  int origin = 0;           ///< measures compare position p with p - origin + the other's origin
  bool generates = true;    ///< continued, if the plan generates
  DrawPlace draw{};         ///< of its first generated token
  double temperature = -1;  ///< in place of the plan's where it is 0 (no draw) or more
  int limit = 0;            ///< generated tokens, at most; 0: as the plan says
  std::vector<PoolWindow> windows{};  ///< of its pooled rows; empty: those of the plan
  /// Runs of a plan with one number are one computation, in whatever groups: their tokens and
  /// actions are equal, those compared with as well, and their rows but for the keys. None of them
  /// generates, and others take values of it at places, never its cache.
  std::int64_t alike = unlike;
};

/// The windows of a run's pooled rows.
inline const std::vector<PoolWindow>& windows_of(const Generation& generation, const Run& run) {
  return run.windows.empty() ? generation.pooling.windows : run.windows;
}

/// Positions before the latents, before what follows them, and of the whole sequence but for what
/// is quoted or generated.
inline int latents_begin(const Run& run) {
  return static_cast<int>(run.tokens.size());
}
inline int latents_end(const Run& run) {
  return latents_begin(run) + run.latents.count;
}
inline int given_positions(const Run& run) {
  return latents_end(run) + static_cast<int>(run.after.size());
}

/// Runs that belong together: a tree by Run::from, whose roots share nothing. What a run has in
/// common with the one it comes from is computed once: leading positions, and blocks below the
/// first action.
struct Group {
  std::vector<Run> runs;
};

/// What of a hook's values is stored.
enum class Measure {
  values,
  kl,                     ///< of logits: KL(Run::against || this run), nats
  reverse_kl,             ///< of logits: KL(this run || Run::against), nats
  prediction_changed,     ///< of logits: 1 where the highest score is another token's, else 0
  l2,                     ///< of logits: norm of the difference from Run::against
  token_score,            ///< of logits: mean over Row::targets
  token_log_probability,  ///< mean over Row::targets, nats
};

/// What is stored of every row of a row space. A measure compares, token by token, the run with
/// Run::against; a row is the mean over its spans as for values.
struct Capture {
  std::string array;  ///< name of the array in the run directory
  Hook hook = Hook::resid_post;
  std::vector<int> layers;  ///< empty for hooks that are not in a block
  Measure measure = Measure::values;
  std::size_t space = 0;                 ///< see Row::space
  std::vector<int> heads{};              ///< of a hook with query heads: these alone; empty: all
  std::optional<ComputeDtype> stored{};  ///< rows that are not widened are rounded to it
};

/// A row space besides the plan's own.
struct KeySpace {
  std::string name;
  std::vector<std::string> key;
};

/// Values of a finished run at one hook that actions take, see donor_rows.
struct DonorTable {
  Hook hook = Hook::resid_post;
  std::vector<int> layers;
  std::vector<std::int64_t> shape;  ///< of a row at one layer: [unit] or [head, unit]
  std::vector<double> values;       ///< [row, layer, ...shape]
};

/// Positions of a run, at most.
inline int most_positions(const Run& run, const Generation& generation) {
  const bool goes_on = run.generates && !run.donor;
  return given_positions(run) + run.quote.tokens + (goes_on ? generation.tokens : 0);
}

/// Everything that will be computed, as plain data. Shard k holds `groups_per_shard` groups from
/// k * groups_per_shard on; a batch never crosses a shard.
struct Plan {
  std::vector<Capture> captures;
  Generation generation{};
  std::vector<Group> groups;
  std::size_t groups_per_shard = 1;
  bool divisible = true;  ///< shards may hold fewer groups than that, so that they take less time
  std::vector<std::vector<int>> averaged{};  ///< [text] tokens, see averaged_texts
  std::vector<KeySpace> further_spaces{};
  std::vector<DonorTable> donors{};  ///< no layer of a hook in two of them

  /// Positions of its longest run: the length of a row of hook_pattern.
  [[nodiscard]] int longest() const {
    int most = 0;
    for (const Group& group : groups) {
      for (const Run& run : group.runs) most = std::max(most, most_positions(run, generation));
    }
    return most;
  }
  [[nodiscard]] std::size_t shards() const {
    return (groups.size() + groups_per_shard - 1) / groups_per_shard;
  }
};

}  // namespace phiscope::extract
