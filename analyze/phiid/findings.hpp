// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/analysis.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::phiid {

/// Plain sentences that describe and claim nothing: thirds of the layers, correlations, the most
/// and the least synergistic heads, the same without trends and with random weights, surrogates,
/// networks.
[[nodiscard]] std::vector<std::string> findings(const RunResult& run, const Options& options);

/// What the terms of the report mean.
[[nodiscard]] std::vector<std::string> definitions(const RunResult& run, const Options& options);

}  // namespace phiscope::analyze::phiid
