// SPDX-License-Identifier: MIT
#pragma once

#include "ablation/analysis.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::ablation {

/// Things that should not be: orders that are not finished, KL without ablation that is not 0,
/// orders that differ when all heads are removed, too few random orders. One sentence each.
[[nodiscard]] std::vector<std::string> warnings(const Result& result);

/// Plain sentences for every sweep: each ranking and baseline against the random orders, what the
/// random orders can tell, rankings against baselines, KL with no and with all heads removed.
[[nodiscard]] std::vector<std::string> findings(const std::vector<Result>& results);

}  // namespace phiscope::analyze::ablation
