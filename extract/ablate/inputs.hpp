// SPDX-License-Identifier: MIT
#pragma once

#include "ablate/options.hpp"
#include "ablate/plan.hpp"
#include "command/run.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::extract {

/// Texts that divergence is measured on, from a run of `extract phiid` or `activations --generate`.
struct AblationInputs {
  std::vector<AblationText> texts;
  std::string prompts_jsonl;  ///< of that run, its first lines
  std::string digest;         ///< SHA-256 of that run's manifest
};

/// @param limit  texts; 0: all
/// @throws shard::FormatError for a run that is incomplete, without generated tokens, with samples,
///         or of another model
AblationInputs read_ablation_texts(const std::filesystem::path& run, const CheckedModel& model,
                                   int limit);

}  // namespace phiscope::extract
