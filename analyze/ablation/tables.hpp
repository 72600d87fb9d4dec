// SPDX-License-Identifier: MIT
#pragma once

#include "ablation/analysis/analysis.hpp"
#include "report/folder.hpp"

#include <vector>

namespace phiscope::analyze::ablation {

/// All tables of one or several sweeps. With several, the first column `run` is the label.
///   auc.csv          one row per order: area, ratio, null hypothesis, KL at zero and at all heads
///   in_layer.csv     one row per ranking with layer-matched orders, against these
///   fractions.csv    every order and the random mean at eighths of the heads
///   comparisons.csv  rankings and baselines against each other and against the random mean
///   ranges.csv       where an order does more damage than the random mean
///   curves.csv       every measured point with its interval
///   random_band.csv  mean, spread and extremes of the random orders
///   grid.csv         every order and the random mean at the same fractions of the heads
[[nodiscard]] std::vector<report::NamedTable> tables(const std::vector<Result>& results);

}  // namespace phiscope::analyze::ablation
