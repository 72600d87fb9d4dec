// SPDX-License-Identifier: MIT
#pragma once

#include "ablation/analysis/analysis.hpp"
#include "report/analysis.hpp"

#include <vector>

namespace phiscope::analyze::ablation {

/// Everything that analyze-ablation writes about one or several sweeps: tables, figures, findings,
/// warnings.
[[nodiscard]] report::Analysis report_of(const std::vector<Result>& results,
                                         const Options& options);

}  // namespace phiscope::analyze::ablation
