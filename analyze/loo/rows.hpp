// SPDX-License-Identifier: MIT
#pragma once

#include "figure/table.hpp"
#include "loo/analysis/analysis.hpp"

#include <vector>

namespace phiscope::analyze::loo {

/// One row per context, tested position and layer: levels with and without the position, influences
/// with own and common pairs, and why some are missing ("metric:reason", separated by spaces).
[[nodiscard]] Table event_table(const std::vector<RunResult>& runs);

/// One row per context and layer: levels of the full context.
[[nodiscard]] Table context_table(const std::vector<RunResult>& runs);

}  // namespace phiscope::analyze::loo
