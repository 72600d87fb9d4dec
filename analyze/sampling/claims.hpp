// SPDX-License-Identifier: MIT
#pragma once

#include "report/claim.hpp"
#include "sampling/analysis/options.hpp"
#include "sampling/analysis/study.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::sampling {

/// Up to three claims per study, each at the target layer: variance rises with the temperature,
/// drift after an oracle's prefix is less than the distance, latents tell the final answer before
/// the last checkpoint, or at the only one. A claim in one direction has p = 1 in the other. The
/// plan's option `primary` (temperature, drift or commitment) names the one that the run is to
/// decide; otherwise the first claim there is takes its place, with the role `unnamed`.
/// @throws shard::FormatError if `primary` is none of these names
[[nodiscard]] std::vector<report::Claim> claims(const std::vector<Study>& studies,
                                                const Options& options);

/// What must be said in the same sentence as a claim about a step: the step is not complete, texts
/// ended early, samples are copies.
[[nodiscard]] std::vector<std::string> caveats(const Variance& result);
[[nodiscard]] std::vector<std::string> caveats(const Manifold& result);

}  // namespace phiscope::analyze::sampling
