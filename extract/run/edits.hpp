// SPDX-License-Identifier: MIT
#pragma once

#include "model/batch.hpp"
#include "model/edit.hpp"
#include "plan/plan.hpp"
#include "run/draw/next_token.hpp"
#include "run/trace.hpp"

#include <span>
#include <vector>

namespace phiscope::extract {

/// A run in a lane, and what its actions take values from.
struct LaneActions {
  const Run* run = nullptr;
  const GroupTraces* traces = nullptr;
};

/// What the actions of some runs change in a batch whose lane l is run l. Heads that are removed at
/// every position before anything else happens to them are one edit a layer, for all runs together;
/// what else happens at a place is as few edits as its order allows (ChangeList).
/// A lane that enters at a later block has no edits below it: its rows are not there yet, and what
/// enters was changed already.
/// @param heads  of the model
/// @throws std::invalid_argument if a trace lacks a place or position that an action wants
std::vector<Edit> edits_of(std::span<const LaneActions> lanes, const Batch& batch,
                           std::int64_t heads);

/// The places of run `source` that actions in the group take values from.
std::vector<Place> wanted_places(const Group& group, std::size_t source);

/// What a run's actions force, by step: default values where the scores decide.
std::vector<Forced> forced_tokens(const Run& run, int steps);

}  // namespace phiscope::extract
