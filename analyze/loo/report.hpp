// SPDX-License-Identifier: MIT
#pragma once

#include "figure/report.hpp"
#include "loo/analysis.hpp"
#include "loo/tables.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::loo {

/// Three plain sentences: the ratio in the last layer at the longest and at the shortest context,
/// and what position 0 alone explains; for every condition and run, with intervals.
[[nodiscard]] std::vector<std::string> findings(const std::vector<RunResult>& runs);

/// The report: what was analysed, diagnostics and findings first, then figures, tables and the
/// whole provenance.
/// @param drawn  the figures with their pictures (empty where not drawn)
/// @param notes  what the reader must know about this analysis, e.g. that gnuplot is missing
[[nodiscard]] figure::Report report(const std::vector<RunResult>& runs, const Options& options,
                                    const std::vector<NamedTable>& tables,
                                    const std::vector<figure::FigureBlock>& drawn,
                                    const std::vector<std::string>& notes);

}  // namespace phiscope::analyze::loo
