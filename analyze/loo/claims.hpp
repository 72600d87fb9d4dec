// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis/analysis.hpp"
#include "report/claim.hpp"

#include <vector>

namespace phiscope::analyze::loo {

/// What a report of loo may claim, of each run's first condition in its last layer: at the longest
/// context that bridges and anchors differ in ratio influence, that the ratio is above that of
/// neighbour mixing and above that of permuted clusters; and that bridges and anchors differ
/// anywhere (max-statistic over layers and lengths).
///
/// The test that the plan names is primary; where it names none, bridges against anchors is, as the
/// program's default. With several runs the primary p-values are corrected together (Holm).
///
/// A ratio below neighbour mixing's cannot show that it is above: the two-sided p-value is then
/// told as 1.
[[nodiscard]] std::vector<report::Claim> claims(const std::vector<RunResult>& runs);

}  // namespace phiscope::analyze::loo
