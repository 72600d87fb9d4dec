// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::phiid {

/// Plain sentences on what was found: shape of the profiles, correlation of synergy and redundancy,
/// the most and the least synergistic heads, the networks, the surrogates.
[[nodiscard]] std::vector<std::string> findings(const RunResult& run, const Options& options);

}  // namespace phiscope::analyze::phiid
