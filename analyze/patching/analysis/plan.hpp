// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/run.hpp"
#include "shard/run_reader.hpp"

namespace phiscope::analyze::patching {

/// What plan.json says of a run, without its rows.
/// @throws shard::FormatError if it is no plan of patching or contradicts itself
[[nodiscard]] Patching planned(const shard::Run& run);

}  // namespace phiscope::analyze::patching
