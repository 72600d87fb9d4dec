// SPDX-License-Identifier: MIT
#pragma once

#include "model/batch.hpp"
#include "model/edit.hpp"
#include "plan/plan.hpp"
#include "run/trace.hpp"

#include <span>
#include <vector>

namespace phiscope::extract {

/// What the actions of some runs change in a batch whose lane l is run l.
/// @param traces  of the runs that actions take values from
/// @throws std::invalid_argument if a trace lacks a place or position that an action wants
std::vector<Edit> edits_of(std::span<const Run* const> runs, const Batch& batch,
                           const GroupTraces& traces);

/// The places of run `source` that actions in the group take values from.
std::vector<Place> wanted_places(const Group& group, std::size_t source);

/// The tokens that a run's actions force, by step; -1 where the scores decide.
std::vector<int> forced_tokens(const Run& run, int steps);

}  // namespace phiscope::extract
