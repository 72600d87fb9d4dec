// SPDX-License-Identifier: MIT
#pragma once

#include "model/model.hpp"
#include "plan/plan.hpp"
#include "plan/timed_work.hpp"
#include "run/stepper.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace phiscope::extract {

/// Seconds that some shards will take to compute.
///
/// Shards from all over the plan are run for 0.3 to 2 seconds and the results are discarded: most
/// of a small model's time does not go into matrix products. If the first batch alone would take
/// over a second, or if this trial fails, the estimate is that of products alone: with many rows,
/// as prompts have, and with one row per run of a batch, as generated tokens have.
/// @param shards  of the plan, in order @param more  as Stepper takes them
/// @throws Stopped after a stop signal
[[nodiscard]] double seconds_ahead(const Model& model, const Plan& plan, std::size_t batch_size,
                                   const GroupTraces& more, std::span<const std::int64_t> shards);

}  // namespace phiscope::extract
