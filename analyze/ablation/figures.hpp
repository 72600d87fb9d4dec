// SPDX-License-Identifier: MIT
#pragma once

#include "ablation/analysis/analysis.hpp"
#include "figure/figure.hpp"

#include <vector>

namespace phiscope::analyze::ablation {

/// All figures of one or several sweeps: a row of panels per sweep with the KL curves on both
/// scales and their distance from the random mean; bars of AUC ratios; with several sweeps, all of
/// them over the same axes.
[[nodiscard]] std::vector<figure::Figure> figures(const std::vector<Result>& results);

}  // namespace phiscope::analyze::ablation
