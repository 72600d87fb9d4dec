// SPDX-License-Identifier: MIT
#pragma once

#include "patching/analysis/analysis.hpp"
#include "report/folder.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace phiscope::analyze::patching {

/// position_patching_results.json as it was published: for every pair, by layer and step of set
/// `single`, six numbers; keys are texts. A number that is undefined is null.
[[nodiscard]] nlohmann::ordered_json published_results(const Result& result, std::size_t mode,
                                                       std::size_t set);

/// aggregate_statistics.json as it was published: means over pairs by layer and step, and the five
/// sites with the largest mean KL, ties in the order of layers and then steps.
[[nodiscard]] nlohmann::ordered_json published_aggregate(const Result& result, std::size_t mode,
                                                         std::size_t set);

/// patching_statistics.json, what was not published: numbers of pairs, intervals, tests, and the
/// same by difficulty.
[[nodiscard]] nlohmann::ordered_json statistics(const std::vector<Result>& results);

/// The three files. The published ones of a run without set `single`, or patched per head, are left
/// out. The first mode of a single run has the published names; otherwise the names of run and mode
/// are added to them.
[[nodiscard]] std::vector<report::OutputFile> result_files(const std::vector<Result>& results);

/// Why a run has no published files, or nothing.
[[nodiscard]] std::string why_unpublished(const Patching& data);

}  // namespace phiscope::analyze::patching
