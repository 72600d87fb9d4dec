// SPDX-License-Identifier: MIT
#pragma once

#include "shard/run_reader.hpp"
#include "steps/analysis/run.hpp"

namespace phiscope::analyze::steps {

/// What plan.json and prompts.jsonl say of a run, without its rows.
/// @throws shard::FormatError if it is no plan of steps or contradicts itself
[[nodiscard]] Steps planned(const shard::Run& run);

}  // namespace phiscope::analyze::steps
