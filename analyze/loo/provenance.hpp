// SPDX-License-Identifier: MIT
#pragma once

#include "figure/table.hpp"
#include "loo/analysis.hpp"

#include <string>
#include <utility>
#include <vector>

namespace phiscope::analyze::loo {

/// What stands below the title of the report: program and options of the analysis, and for every
/// run the program that extracted it, the model and its digest, numerics, options. Name, value.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> provenance_facts(
    const std::vector<RunResult>& runs, const Options& options);

/// Every number and text of the plans but the words, and the options of the analysis.
[[nodiscard]] Table provenance_table(const std::vector<RunResult>& runs, const Options& options);

/// Per run: how many ratio influences are undefined, of how many, and why.
[[nodiscard]] std::vector<std::string> undefined_counts(const std::vector<RunResult>& runs);

}  // namespace phiscope::analyze::loo
