// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis/analysis.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::loo {

/// What was measured, without a claim, per run: the separation ratio of every condition in the last
/// layer at the longest and at the shortest context, that of neighbour mixing, and what position 0
/// alone explains.
[[nodiscard]] std::vector<std::string> findings(const std::vector<RunResult>& runs);

/// The terms that a report of loo uses.
[[nodiscard]] std::vector<std::string> definitions();

}  // namespace phiscope::analyze::loo
