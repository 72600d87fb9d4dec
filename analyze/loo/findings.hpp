// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::loo {

/// Three plain sentences: the ratio in the last layer at the longest and at the shortest context,
/// and what position 0 alone explains; for every condition and run, with intervals.
[[nodiscard]] std::vector<std::string> findings(const std::vector<RunResult>& runs);

}  // namespace phiscope::analyze::loo
