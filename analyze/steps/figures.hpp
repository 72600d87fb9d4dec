// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"
#include "steps/analysis/analysis.hpp"

#include <vector>

namespace phiscope::analyze::steps {

/// Importance, repaired answers, log-probability drop and KL over the steps, a panel for each step
/// set, a curve for each run and layer: steps_MEASURE. The set `all` has a panel where cumulative,
/// whose last step it is, has none.
[[nodiscard]] std::vector<figure::Figure> step_curves(const std::vector<Result>& results);

/// How many right answers remain right when only the first i are thought: a curve for each run, and
/// for each stratum of it; early_exit. Nothing where no run has the set.
[[nodiscard]] std::vector<figure::Figure> early_exit_curves(const std::vector<Result>& results);

/// Importance by step and stratum, a panel for each step set, a row for each run and layer:
/// strata_importance. A stratum with few right answers is grey.
[[nodiscard]] std::vector<figure::Figure> strata_maps(const std::vector<Result>& results);

/// Importance by layer and step where a run has several layers: layers_importance.
[[nodiscard]] std::vector<figure::Figure> layer_maps(const std::vector<Result>& results);

}  // namespace phiscope::analyze::steps
