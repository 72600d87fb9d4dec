// SPDX-License-Identifier: MIT
#pragma once

#include "ablation/analysis/analysis.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::ablation {

/// Things that should not be: orders that are not finished, KL without ablation that is not 0,
/// orders that differ when all heads are removed. One sentence each.
[[nodiscard]] std::vector<std::string> warnings(const Result& result);

/// Plain sentences for every sweep that describe and claim nothing: where orders are above the
/// random mean, how far they are from it, what is open, KL with no and with all heads removed.
[[nodiscard]] std::vector<std::string> findings(const std::vector<Result>& results);

/// What the output of a removed head becomes: "zero at every position".
/// @param removal  as Ablation::removal
[[nodiscard]] std::string removal_text(const std::string& removal);

}  // namespace phiscope::analyze::ablation
