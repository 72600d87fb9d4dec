// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/comparison.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::patching {

/// What describes the data and claims nothing: the largest mean KL, recovery and change of the
/// answers' logits among the sites of each mode and set, so that sets can be read beside steps.
[[nodiscard]] std::vector<std::string> findings(const std::vector<Result>& results);

/// What a reader must know before the numbers: unfinished and dropped pairs, rounding, failed
/// checks, wrong baselines, few pairs, pairs that runs do not share.
[[nodiscard]] std::vector<std::string> warnings(const std::vector<Result>& results);

/// The lines of the diagnostics: pairs and why some are not in the results, baselines, largest KL
/// against rounding, KL after the last layer, logits, then the checklist.
[[nodiscard]] std::vector<std::string> diagnostic_lines(const std::vector<Result>& results);

}  // namespace phiscope::analyze::patching
