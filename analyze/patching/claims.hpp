// SPDX-License-Identifier: MIT
#pragma once

#include "patching/comparison.hpp"
#include "report/claim.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::patching {

/// What each run claims: that some site moves the answer towards the clean one, for every mode, set
/// and tested measure that the run has, by the largest statistic over the sites. The first run's
/// primary one is the report's; the other runs are its controls. Then, whether the first run moves
/// the answer more than each other run does.
[[nodiscard]] std::vector<report::Claim> claims(const std::vector<Result>& results,
                                                const std::vector<Comparison>& comparisons);

/// Severe warnings of a run, as they stand after "but".
[[nodiscard]] std::vector<std::string> caveats(const Result& result);

}  // namespace phiscope::analyze::patching
