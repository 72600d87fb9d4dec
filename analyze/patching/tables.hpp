// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/comparison.hpp"
#include "report/folder.hpp"

#include <vector>

namespace phiscope::analyze::patching {

/// All tables: patching.csv, pairs.csv, readouts.csv, layers.csv, baselines.csv, dropped.csv,
/// checks.csv; greedy.csv where answers are known, comparisons.csv where runs are compared.
[[nodiscard]] std::vector<report::NamedTable> tables(const std::vector<Result>& results,
                                                     const std::vector<Comparison>& comparisons);

}  // namespace phiscope::analyze::patching
