// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"
#include "phiid/analysis/analysis.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::phiid {

/// The profiles of one or several inputs over the layers: scores, and autocorrelation. Several are
/// drawn over depth (0 first layer, 1 last layer), one colour each.
[[nodiscard]] std::vector<figure::Figure> profile_figures(const std::vector<const RunResult*>& runs,
                                                          const Options& options);

/// All figures of one input: its profiles, scores by layer and head, the matrices of sts and rtr
/// (means over pairs of layers where there are many heads), synergy against redundancy.
[[nodiscard]] std::vector<figure::Figure> figures(const RunResult& run, const Options& options);

/// Scores by layer and head, and the matrices of sts and rtr: the heatmaps of figures().
[[nodiscard]] std::vector<figure::Figure> heat_figures(const RunResult& run,
                                                       const Options& options);

/// One sentence on how the numbers were made.
[[nodiscard]] std::string method_text(const Options& options);

}  // namespace phiscope::analyze::phiid
