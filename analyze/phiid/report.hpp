// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/analysis.hpp"
#include "report/write.hpp"

#include <vector>

namespace phiscope::analyze::phiid {

/// Everything that analyze-phiid writes about one input: tables, sts.npy, rtr.npy (and atoms.npy),
/// figures, diagnostics.json, findings, warnings. Borrows the matrices of `run`.
[[nodiscard]] report::Analysis report_of(const RunResult& run, const Options& options);

/// What several inputs share: profiles overlaid, findings and warnings of each with its name.
[[nodiscard]] report::Analysis overview_of(const std::vector<RunResult>& runs,
                                           const Options& options);

/// One input: its report in the directory itself. Several: a folder each, and the overview.
[[nodiscard]] std::vector<report::Part> parts_of(const std::vector<RunResult>& runs,
                                                 const Options& options);

}  // namespace phiscope::analyze::phiid
