// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/comparison.hpp"
#include "report/claim.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::patching {

/// What each run claims: that some site of a mode and set moves the answer towards the clean one,
/// by the largest statistic over these sites. It is measured as the first run's plan says; in the
/// primary mode and set by the other tested measures as well. The other runs are controls. Then,
/// whether the first run moves the answer more than each other run does.
[[nodiscard]] std::vector<report::Claim> claims(const std::vector<Result>& results,
                                                const std::vector<Comparison>& comparisons);

/// The measure that the primary claim is by, or would be where the plan says that there is none.
[[nodiscard]] Measure primary_measure(const Patching& data);

/// Severe warnings of a run, as they stand after "but".
[[nodiscard]] std::vector<std::string> caveats(const Result& result);

}  // namespace phiscope::analyze::patching
