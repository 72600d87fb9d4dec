// SPDX-License-Identifier: MIT
#pragma once

#include "figure/report.hpp"
#include "phiid/analysis.hpp"
#include "report/folder.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::phiid {

/// Plain sentences on what was found: shape of the profiles, correlation of synergy and redundancy,
/// the most and the least synergistic heads, the networks, the surrogates.
[[nodiscard]] std::vector<std::string> findings(const RunResult& run, const Options& options);

/// The text of summary.txt: findings, then the section "Warnings".
[[nodiscard]] std::string summary_text(const RunResult& run, const Options& options);

/// The report of one input: warnings and findings first, then figures, tables and provenance.
/// @param notes  why something is missing in this report
[[nodiscard]] figure::Report report(const RunResult& run, const Options& options,
                                    const std::vector<NamedTable>& tables,
                                    const std::vector<figure::FigureBlock>& drawn,
                                    const std::vector<std::string>& notes);

/// The page that several inputs share: profiles overlaid, warnings and findings of each, and where
/// its own report lies.
[[nodiscard]] figure::Report overview(const std::vector<RunResult>& runs, const Options& options,
                                      const NamedTable& profiles,
                                      const std::vector<figure::FigureBlock>& drawn,
                                      const std::vector<std::string>& notes);

}  // namespace phiscope::analyze::phiid
