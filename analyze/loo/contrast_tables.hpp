// SPDX-License-Identifier: MIT
#pragma once

#include "figure/table.hpp"
#include "loo/analysis/analysis.hpp"

#include <vector>

namespace phiscope::analyze::loo {

/// One row per condition, length, layer, choice of anchors and metric: bridge less anchor.
[[nodiscard]] Table bridge_anchor_table(const std::vector<RunResult>& runs);

/// One row per condition, length and layer: the ratio, that of neighbour mixing, the difference.
[[nodiscard]] Table mixing_table(const std::vector<RunResult>& runs);

/// One row per condition, length and layer: the ratio and that of permuted clusters.
[[nodiscard]] Table cluster_table(const std::vector<RunResult>& runs);

}  // namespace phiscope::analyze::loo
