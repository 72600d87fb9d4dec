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

/// Tokens that some shards send through the model, at most.
[[nodiscard]] Tokens tokens_ahead(const Plan& plan, std::span<const std::int64_t> shards);

/// Seconds that some shards will take to compute.
///
/// Those in the middle are begun, for 0.3 to 2 seconds, and what that makes is thrown away: a small
/// model's time goes into everything but products. A model whose first batch alone takes seconds
/// spends them on products, of which two sizes are timed instead: many rows, as tokens enter
/// together, and as many as a batch has runs, as single ones do. Likewise where the beginning
/// fails.
/// @param shards  of the plan, in order @param more  as Stepper takes them
/// @throws Stopped after a stop signal
[[nodiscard]] double seconds_ahead(const Model& model, const Plan& plan, std::size_t batch_size,
                                   const GroupTraces& more, std::span<const std::int64_t> shards);

}  // namespace phiscope::extract
