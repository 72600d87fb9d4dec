// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/config.hpp"
#include "plan/plan.hpp"

#include <cstddef>

namespace phiscope::extract {

/// How many groups a shard may hold so that it takes no longer than a time: at most as many as the
/// plan asks for, at least one. What is lost when a run is stopped is at most that.
///
/// The division is part of the plan, and tasks on different machines must agree on it. So the time
/// is that of a machine which stands for its kind, from the work alone: two operations for every
/// weight and token.
/// @param seconds  0: as the plan asks
/// @param on_cpu   a device of 10^11 operations a second; else one of 2 * 10^13
[[nodiscard]] std::size_t groups_in_time(const Plan& plan, const ModelConfig& config,
                                         double seconds, bool on_cpu);

}  // namespace phiscope::extract
