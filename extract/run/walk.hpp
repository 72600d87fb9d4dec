// SPDX-License-Identifier: MIT
#pragma once

#include "ahead/group_needs.hpp"
#include "model/kv_cache.hpp"
#include "plan/sharing.hpp"
#include "run/draw/next_token.hpp"
#include "run/measures.hpp"
#include "run/trace.hpp"

#include <ATen/core/Tensor.h>

#include <deque>
#include <set>
#include <string>
#include <vector>

namespace phiscope::extract {

/// A row of a matrix.
struct TensorRow {
  at::Tensor of{};
  std::int64_t row = 0;
};

struct GroupWalk;

/// A run on its way through the model: what is known of it so far.
struct Walk {
  const Run* run = nullptr;
  std::size_t number = 0;  ///< of the run in its group
  const GroupWalk* group = nullptr;
  Walk* parent = nullptr;     ///< the run it comes from, if any
  Walk* reference = nullptr;  ///< the run it is compared with; null: itself, or nothing is compared
  Walk* quoted = nullptr;     ///< the run whose tokens it takes
  std::vector<Walk*> sources{};  ///< runs whose values it takes
  std::string name{};            ///< for messages
  Wanted wanted{};
  bool forked = false;  ///< some run takes its cache

  enum class State { waiting, walking, done };
  State state = State::waiting;
  std::size_t users = 0;        ///< runs that are not done and take something of it
  std::vector<int> sequence{};  ///< [position] ids that enter; of latents any
  Departure from{};
  int position = 0;   ///< the next one to compute
  KvCache cache{};    ///< its own, if it has one
  bool owns = false;  ///< has a cache of its own
  RunTrace trace{};
  TensorRow last{};    ///< after the final norm, at the position before
  Reference scores{};  ///< of its rows, once all given positions are computed

  std::size_t slot = 0;                         ///< while it walks
  std::vector<std::int64_t> row_of{};           ///< [row of the run] in its space; -1: left out
  std::vector<bool> yielded{};                  ///< [row of the run]
  std::vector<std::int64_t> rows{};             ///< [space] rows
  std::vector<std::vector<double>> measured{};  ///< [capture][row]
  std::vector<Forced> forced{};                 ///< [step]
  std::vector<int> generated{};
  std::vector<float> log_probabilities{};
  std::vector<int> added{};            ///< [checkpoint] pooled tokens
  std::vector<std::size_t> scoring{};  ///< rows of the run whose measures the current pass yields
  bool continued = false;              ///< tokens are generated
  bool ended = false;                  ///< no further token will be generated
  int most = 0;                        ///< tokens that are generated

  /// Positions that are not generated.
  [[nodiscard]] int length() const { return static_cast<int>(sequence.size()); }
  [[nodiscard]] bool at_latent() const {
    return position >= latents_begin(*run) && position < latents_end(*run);
  }
  /// Whether the next position is computed alone: a latent, or the last token of a run that this
  /// one continues, which generated it.
  [[nodiscard]] bool steps() const { return at_latent() || run->quote.continues; }
  [[nodiscard]] bool is_first_pass() const { return position == from.position; }
  /// Where the block is that it enters first in its next pass.
  [[nodiscard]] int entry_layer() const { return is_first_pass() ? from.layer : 0; }
};

/// The runs of a group, with what they take of each other.
struct GroupWalk {
  std::deque<Walk> walks;   ///< [run]
  GroupTraces traces;       ///< what actions take values from
  bool to_the_end = false;  ///< some run needs what follows the last block
};

/// Makes the walks of a group in place, since they point at each other.
/// @param more  traces of sources that are no runs: averaged_texts, donor_rows
/// @param layers  of the model
void make_group_walk(const Plan& plan, const Group& group, const GroupTraces& more, int layers,
                     GroupWalk& made);

/// The tokens of the run that it quotes which it has taken; none without one.
std::span<const int> quoted_ids(const Walk& walk);

/// True if nothing that the run takes of others is still to come. Once the run that it comes from
/// has set out, its sequence and departure are known.
bool is_ready(Walk& walk);

/// What a model keeps of the tokens of a run.
struct CacheKind {
  const ModelConfig& config;
  at::ScalarType dtype;
  at::Device device;
};

/// True if a run that is ready is left out: what it continues ended before.
bool is_void(const Walk& walk);

/// Sets out with a run that is ready: its cache, the beginning of its trace, and room for its rows.
void set_out(Walk& walk, const Plan& plan, const CacheKind& kind);

/// Ends a run: it lets go of what it took, and keeps nothing that nobody will take.
void arrive(Walk& walk);

}  // namespace phiscope::extract
