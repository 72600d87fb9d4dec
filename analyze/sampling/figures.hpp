// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"
#include "sampling/analysis/options.hpp"
#include "sampling/analysis/study.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::sampling {

/// Variance and cosine over layers and over checkpoints, a curve per temperature; how soon latents
/// tell the final answer. @param suffix  of the names: distinguishes studies
[[nodiscard]] std::vector<figure::Figure> variance_figures(const Variance& result,
                                                           const Options& options,
                                                           const std::string& suffix);

/// Histogram of the distances, distance against drift, and both over layers.
[[nodiscard]] std::vector<figure::Figure> manifold_figures(const Manifold& result,
                                                           const std::string& suffix);

/// Divergence and probabilities over the branching points.
[[nodiscard]] std::vector<figure::Figure> sensitivity_figures(const Sensitivity& result,
                                                              const std::string& suffix);

/// Contributions per layer as bars with intervals, by the norm of the options.
[[nodiscard]] std::vector<figure::Figure> attribution_figures(const Attribution& result,
                                                              const Options& options,
                                                              const std::string& suffix);

/// Clusters on their principal plane, for the first problems that have some.
[[nodiscard]] std::vector<figure::Figure> cluster_figures(const Clusters& result,
                                                          const std::string& suffix);

}  // namespace phiscope::analyze::sampling
