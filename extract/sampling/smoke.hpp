// SPDX-License-Identifier: MIT
#pragma once

#include "sampling/options.hpp"

namespace phiscope::extract {

/// The options of a run of every step in seconds, to see that all of it works where it is to run:
/// an untrained model of a few thousand weights, with a token for each byte, and three problems
/// with solutions, which are written into OUT/smoke unless they are there; few and short solutions.
/// The seed, device, dtype, threads, batch size, shard and steps are those that were given.
SamplingOptions smoke_options(const SamplingOptions& given);

}  // namespace phiscope::extract
