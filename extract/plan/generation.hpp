// SPDX-License-Identifier: MIT
#pragma once

#include "plan/token_drawing.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace phiscope::extract {

/// Name of the row space (run, step) of what is generated, and of its arrays: token ids and their
/// logarithmic probabilities.
inline constexpr const char* generated_space = "generated";
inline constexpr const char* generated_array = "generated_ids";
inline constexpr const char* log_probability_array = "generated_logprob";

/// Which rows the captures keep of a generation.
enum class GeneratedRows {
  none,
  predicting,  ///< of step s the position that predicts generated token s; key: run, s
  tokens,      ///< after the run's own rows those of the generated tokens; key: run, position
  pooled,      ///< means over generated tokens, see Pooling; key: run, checkpoint
};

/// Means of a hook over the generated tokens stride, 2 stride, 3 stride, ..., counted from one, up
/// to each checkpoint or to the end of a generation that is shorter. No row where there is no such
/// token; a run's own length counts, never that of its batch.
struct Pooling {
  int stride = 1;
  std::vector<int> checkpoints;  ///< ascending; in generated tokens
};

/// How tokens are drawn; without it the highest score is taken.
struct Drawing {
  DrawOptions options;
  std::uint64_t seed = 0;  ///< with a run's key it decides every draw of that run
};

/// Continuation of every run, captured in the same pass.
struct Generation {
  int tokens = 0;        ///< at most, per run; 0: none
  std::vector<int> end;  ///< a run ends with the first of these tokens, which is kept
  int below = 0;         ///< only ids below can be generated; 0: all
  GeneratedRows rows = GeneratedRows::none;
  std::optional<Drawing> drawing{};
  Pooling pooling{};
};

}  // namespace phiscope::extract
