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
  pooled,      ///< means over tokens, see Pooling; key: run, window's key
};

/// Tokens that a pooled row is the mean of: those with the numbers counted_from + stride,
/// counted_from + 2 stride, ... that lie above `begin` and not above `end`.
struct PoolWindow {
  int begin = 0;
  int end = 0;
  int counted_from = 0;
  std::int64_t key = 0;  ///< last entry of the row's key
};

/// Means of a hook over tokens of a generation, which are numbered from one. No row where a window
/// has no token of the run; a run's own length counts, never that of its batch.
struct Pooling {
  int stride = 1;
  std::vector<PoolWindow> windows;
  /// Number one is the token at Run::origin: what is given from there on is pooled as well. Else it
  /// is the first that is generated.
  bool from_origin = false;
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
  double greedy_penalty = 1.0;  ///< as DrawOptions::repetition_penalty, where nothing is drawn
  Pooling pooling{};
};

}  // namespace phiscope::extract
