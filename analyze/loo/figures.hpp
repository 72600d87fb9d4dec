// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"
#include "loo/analysis/analysis.hpp"

#include <span>
#include <string>
#include <vector>

namespace phiscope::analyze::loo {

/// "walk_keep (sink keep)"
[[nodiscard]] std::string describe(const RunResult& run);

/// `text` made fit for a file name: other characters than letters, digits, '_', '.' and '-' as '_'.
[[nodiscard]] std::string file_stem(const std::string& text);

/// Names of the conditions of all runs, in order of first appearance.
[[nodiscard]] std::vector<std::string> condition_names(std::span<const RunResult> runs);

/// All figures of one or several runs: levels by layer, influences by layer, the five heatmaps
/// (layer x context length, bridge and anchor), rank correlations, the position-0-only model.
/// Several runs are rows of the heatmaps and dashes of the curves.
[[nodiscard]] std::vector<figure::Figure> figures(const std::vector<RunResult>& runs);

/// The parts of figures(): maps over layers and context lengths; curves over the layers.
[[nodiscard]] std::vector<figure::Figure> heatmaps(const std::vector<RunResult>& runs);
[[nodiscard]] std::vector<figure::Figure> curves(const std::vector<RunResult>& runs);

/// What the interval of a curve or table is, and how it was made.
[[nodiscard]] std::string definition(Metric metric);

}  // namespace phiscope::analyze::loo
