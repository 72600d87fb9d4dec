// SPDX-License-Identifier: MIT
#pragma once

#include "report/claim.hpp"
#include "steps/analysis/analysis.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::steps {

/// What each run claims: that changing all thoughts, changing one alone, and stopping early each
/// break more right answers than they repair wrong ones, that the first thoughts matter more for
/// harder problems, and that the halves of the steps differ. The one that the run's plan names
/// (needs_thought by default) is primary. Within a claim, layers and steps are corrected by Holm.
[[nodiscard]] std::vector<report::Claim> claims(const std::vector<Result>& results);

/// Severe warnings of a run, as they stand after "but".
[[nodiscard]] std::vector<std::string> caveats(const Result& result);

}  // namespace phiscope::analyze::steps
