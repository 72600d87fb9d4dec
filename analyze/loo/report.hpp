// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis/analysis.hpp"
#include "report/analysis.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::loo {

/// Everything that analyze-loo writes about one or several runs: tables, results_<condition>.json
/// (results_<run>_<condition>.json with several runs), figures, findings, warnings.
[[nodiscard]] report::Analysis report_of(const std::vector<RunResult>& runs,
                                         const Options& options);

/// Per run: how many ratio influences are undefined, of how many, and why.
[[nodiscard]] std::vector<std::string> undefined_counts(const std::vector<RunResult>& runs);

/// Runs that are not complete. One sentence each.
[[nodiscard]] std::vector<std::string> warnings(const std::vector<RunResult>& runs);

}  // namespace phiscope::analyze::loo
