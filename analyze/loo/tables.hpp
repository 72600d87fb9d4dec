// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis/analysis.hpp"
#include "report/folder.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace phiscope::analyze::loo {

/// All tables of one or several runs. With several, the first column `run` is the label.
///   loo.csv           influences: mean, sd (ddof 1), median, 95 % interval, counts, per reason
///   levels.csv        the same for the levels of the full contexts
///   loo_events.csv    one row per context, tested position and layer
///   loo_contexts.csv  one row per context and layer
///   correlations.csv  rank correlations between the influences; n empty: all lengths
///   diagnostics.csv   position-0-only model and half-precision overflows per layer
///   undefined.csv     how many influences are missing, and why
[[nodiscard]] std::vector<report::NamedTable> tables(const std::vector<RunResult>& runs);

/// The content of results_<condition>.json: by_layer_N[layer][N][bridge|anchor|all][metric], as the
/// published files, but strict JSON: a missing number is null and its reason is beside it.
[[nodiscard]] nlohmann::ordered_json results_json(const RunResult& run, std::size_t condition);

}  // namespace phiscope::analyze::loo
