// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/analysis.hpp"
#include "report/claim.hpp"

#include <vector>

namespace phiscope::analyze::phiid {

/// What the report claims of one input, each with the test that decides it: a score is an inverted
/// U or a U over depth, synergy and redundancy correlate, a head has more of them than its
/// surrogates. The one that the plan names is primary; without a plan it is the inverted U. What
/// needs surrogates is left out without them, unless it is primary.
[[nodiscard]] std::vector<report::Claim> claims(const RunResult& run);

}  // namespace phiscope::analyze::phiid
