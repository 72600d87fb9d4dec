// SPDX-License-Identifier: MIT
#pragma once

#include "figure/table.hpp"
#include "shard/run_reader.hpp"

#include <filesystem>

namespace phiscope::analyze::ablation {

/// What every head does when it alone is removed, from a run of `extract ablate --heads-alone`:
/// one row per head with head_idx, layer, head_in_layer, single_head_score (mean KL(intact ||
/// without the head) over the prompts, nats), standard_error, n_prompts, kl_intact (the same with
/// no head removed, as measured). A ranking for `extract ablate --ranking`.
/// @param reading  an unfinished run is refused all the same
/// @throws shard::FormatError for another kind of run, or one that is not complete
[[nodiscard]] Table single_heads(const std::filesystem::path& path,
                                 const shard::ReadOptions& reading = {});

}  // namespace phiscope::analyze::ablation
