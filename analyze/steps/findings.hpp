// SPDX-License-Identifier: MIT
#pragma once

#include "steps/analysis/analysis.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::steps {

/// What describes the data and claims nothing: how many answers are right, how many of them need no
/// thought, what changing all thoughts does, the largest and smallest importance of each set, and
/// the first half of the steps by stratum.
[[nodiscard]] std::vector<std::string> findings(const std::vector<Result>& results);

/// What a reader must know before the numbers.
[[nodiscard]] std::vector<std::string> warnings(const std::vector<Result>& results);

/// The lines of the diagnostics: problems and why some are not in the results, answers without a
/// number, strata, checks and the published success criteria.
[[nodiscard]] std::vector<std::string> diagnostic_lines(const std::vector<Result>& results,
                                                        const Options& options);

}  // namespace phiscope::analyze::steps
