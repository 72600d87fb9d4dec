// SPDX-License-Identifier: MIT
#pragma once

#include "plan/plan.hpp"

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

namespace phiscope::extract {

/// What a run takes as its next token whatever the scores.
struct Forced {
  int token = -1;  ///< an id; -1: none
  int rank = 0;    ///< of the scores, from 1; 0: none
};

/// A run that waits for its next token.
struct Waiting {
  const Run* run = nullptr;
  std::span<const int> generated;  ///< so far
  Forced forced{};
  std::span<const int> quoted{};  ///< what it took of another run's tokens, before its own
};

/// A token and its logarithmic probability under the model, before any filter, in nats.
struct NextToken {
  int id = 0;
  float log_probability = 0.0F;
};

/// The next token of each run: the forced one, else the draw of its place (Run::draw, a step on for
/// each token before), else the one of the highest score after the repetition penalty, of equal
/// ones the lower.
/// @param scores  [run, vocab]
std::vector<NextToken> next_tokens(const Generation& generation, std::span<const Waiting> runs,
                                   const at::Tensor& scores);

}  // namespace phiscope::extract
