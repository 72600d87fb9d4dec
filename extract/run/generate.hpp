// SPDX-License-Identifier: MIT
#pragma once

#include "run/forward.hpp"

namespace phiscope::extract {

/// Runs and their greedy continuations, several at once, each with its own length: a token of every
/// run a pass, over the keys and values kept from the passes before. The plan's captures see the
/// prompt and the generated tokens in these same passes. Of equal scores the lower id wins.
/// @throws std::invalid_argument for a plan without generation, or one that keeps rows of steps
///         beside rows of its runs
CapturedRows generate(const Model& model, const Plan& plan, std::span<const Run* const> runs);

}  // namespace phiscope::extract
