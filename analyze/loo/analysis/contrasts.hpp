// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis/analysis.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace phiscope::analyze::loo {

/// Contexts of one condition and length (0: all lengths), in the order of the walks.
[[nodiscard]] std::vector<const ContextMeasures*> contexts_of(const RunResult& result,
                                                              std::size_t condition,
                                                              std::int64_t n);

/// Mean influence of the bridges less that of the anchors in one walk, own pairs; undefined
/// influences are left out.
/// @return  too_few_rows where no bridge or no anchor has an influence
[[nodiscard]] Value bridge_minus_anchor(const ContextMeasures& context, std::size_t layer,
                                        Anchors anchors, Metric metric);

/// Fills in what a report may claim: bridge_anchor, mixing, above_mixing and labels.
void add_contrasts(RunResult& result, const Options& options);

}  // namespace phiscope::analyze::loo
