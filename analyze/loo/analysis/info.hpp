// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis/run.hpp"

namespace phiscope::analyze::loo {

/// What plan.json and prompts.jsonl say about a run of loo, checked.
/// @throws shard::FormatError naming the member, what was found and what was expected
[[nodiscard]] RunInfo run_info(const shard::Run& run);

}  // namespace phiscope::analyze::loo
