// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/analysis.hpp"
#include "report/analysis.hpp"

#include <vector>

namespace phiscope::analyze::patching {

/// Everything that is written for these runs.
[[nodiscard]] report::Analysis report_of(const std::vector<Result>& results,
                                         const Options& options);

}  // namespace phiscope::analyze::patching
