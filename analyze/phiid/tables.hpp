// SPDX-License-Identifier: MIT
#pragma once

#include "phiid/analysis/analysis.hpp"
#include "report/folder.hpp"

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

namespace phiscope::analyze::phiid {

/// All tables of one input.
///   rankings.csv          one row per head: scores, intervals, tests against surrogates
///   profile.csv           as profile_table()
///   shape.csv             the tests of both shapes over depth, one row per ranking
///   correlations.csv      synergy, redundancy, autocorrelation, level: over heads and over pairs
///   graph.csv             the networks of synergy and of redundancy
///   diagnostics.csv       one row per prompt: loops, text end, broken series
///   undefined_series.csv  the series (head, prompt) that cannot be decomposed by themselves
///   detrended.csv, null_weights.csv, sensitivity.csv  where there is something to compare with
[[nodiscard]] std::vector<report::NamedTable> tables(const RunResult& run, const Options& options);

/// Profiles of one input (profile.csv) or of several (profiles.csv, first column `run`): one row a
/// number, for layers, thirds and the parabola.
[[nodiscard]] report::NamedTable profile_table(std::span<const RunResult> runs, bool several);

/// shape.csv of one input.
[[nodiscard]] report::NamedTable shape_table(const RunResult& run);

/// Appends detrended.csv, null_weights.csv and sensitivity.csv, each where it has rows.
void add_comparison_tables(const RunResult& run, std::vector<report::NamedTable>& tables);

/// The content of diagnostics.json: counts, bias, ties, dead heads, warnings.
[[nodiscard]] nlohmann::ordered_json diagnostics_json(const RunResult& run, const Options& options);

}  // namespace phiscope::analyze::phiid
