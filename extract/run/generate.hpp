// SPDX-License-Identifier: MIT
#pragma once

#include "run/group_runs.hpp"

namespace phiscope::extract {

/// Runs and their continuations, several at once, each with its own length: a token of every run a
/// pass, over the keys and values kept from the passes before. The plan's captures see the prompt
/// and the generated tokens in these same passes; a run's actions hold in all of them. Samples of
/// one prompt compute it once.
/// @param traces  of the runs that actions take values from
/// @throws std::invalid_argument for a plan without generation, or one that keeps rows of steps, or
///         pooled ones, as well as rows of its runs
CapturedRows generate(const Model& model, const Plan& plan, std::span<const Run* const> runs,
                      const GroupTraces& traces = {});

}  // namespace phiscope::extract
