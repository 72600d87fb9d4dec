// SPDX-License-Identifier: MIT
#pragma once

#include "report/analysis.hpp"
#include "steps/analysis/analysis.hpp"

#include <vector>

namespace phiscope::analyze::steps {

/// steps.csv, tests.csv, problems.csv, readouts.csv, strata.csv, dropped.csv and checks.csv.
[[nodiscard]] std::vector<report::NamedTable> tables(const std::vector<Result>& results,
                                                     const Options& options);

}  // namespace phiscope::analyze::steps
