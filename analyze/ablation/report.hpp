// SPDX-License-Identifier: MIT
#pragma once

#include "ablation/analysis.hpp"
#include "figure/report.hpp"
#include "report/folder.hpp"

#include <string>
#include <vector>

namespace phiscope::analyze::ablation {

/// Things that should not be: orders that are not finished, KL without ablation that is not 0,
/// orders that differ when all heads are removed, too few random orders. One sentence each.
[[nodiscard]] std::vector<std::string> warnings(const Result& result);

/// Plain sentences for every sweep: each ranking and baseline against the random orders, what the
/// random orders can tell, rankings against baselines, KL with no and with all heads removed.
[[nodiscard]] std::vector<std::string> findings(const std::vector<Result>& results);

/// The report: provenance, warnings and findings first, then figures and tables.
/// @param notes  what the reader must know about this analysis, e.g. that gnuplot is missing
[[nodiscard]] figure::Report report(const std::vector<Result>& results, const Options& options,
                                    const std::vector<NamedTable>& tables,
                                    const std::vector<figure::FigureBlock>& drawn,
                                    const std::vector<std::string>& notes);

}  // namespace phiscope::analyze::ablation
