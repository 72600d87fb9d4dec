// SPDX-License-Identifier: MIT
#pragma once

#include "report/analysis.hpp"
#include "steps/analysis/analysis.hpp"

#include <vector>

namespace phiscope::analyze::steps {

/// Everything that is written for these runs.
[[nodiscard]] report::Analysis report_of(const std::vector<Result>& results,
                                         const Options& options);

}  // namespace phiscope::analyze::steps
