// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"
#include "patching/analysis/comparison.hpp"

#include <vector>

namespace phiscope::analyze::patching {

/// Maps of layer and step of every measure that has a value: a row of panels for each run and mode,
/// a panel for each set with steps and one for all other sets; heatmap_MEASURE. Where reasoning
/// steps are known, panels by difficulty of the first mode and set; difficulty_MEASURE.
[[nodiscard]] std::vector<figure::Figure> heatmaps(const std::vector<Result>& results);

/// Means over the steps of a layer, a curve for each run and mode, a panel for each set;
/// layers_MEASURE.
[[nodiscard]] std::vector<figure::Figure> layer_curves(const std::vector<Result>& results);

/// The first run minus each other one, in its first mode; difference_MEASURE.
[[nodiscard]] std::vector<figure::Figure> difference_maps(
    const std::vector<Result>& results, const std::vector<Comparison>& comparisons);

}  // namespace phiscope::analyze::patching
