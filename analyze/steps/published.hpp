// SPDX-License-Identifier: MIT
#pragma once

#include "report/check.hpp"
#include "report/folder.hpp"
#include "steps/analysis/analysis.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::steps {

/// Which answers count in the published files.
enum class Scores {
  broken,     ///< right in the baseline and then not; means over the answers that were right
  both_ways,  ///< flips in both directions, means over all problems, as published
};

/// `results` of the published files: a record for each complete problem of a sample whose answers
/// are all known, with what it says when none (position 0) and the first 1..K thoughts are changed.
/// @param layer  at which they are changed
[[nodiscard]] nlohmann::ordered_json published_results(const Result& result, Part part,
                                                       std::int64_t layer, Scores scores);

/// `statistics` of the published files, from `results` alone. Early importance is the mean over the
/// positions 0 to 2, late importance over 3 to 5. A mean of nothing is null.
[[nodiscard]] nlohmann::ordered_json published_statistics(const nlohmann::ordered_json& results,
                                                          Scores scores);

/// The success criteria of the published experiment; they change no exit status.
[[nodiscard]] std::vector<report::Check> success_criteria(const nlohmann::ordered_json& results,
                                                          Scores scores);

/// The sample that a file holds: the one that it is named for, or the other where there is none.
[[nodiscard]] Part part_or_other(const Result& result, Part wanted);

/// step_importance_validation.json, step_importance_scores.json and
/// step_importance_summary_stats.json. The first layer of a single run has the published names;
/// otherwise the names of run and layer are added to them.
[[nodiscard]] std::vector<report::OutputFile> published_files(const std::vector<Result>& results,
                                                              Scores scores);

/// Why a run has no published files, or nothing.
[[nodiscard]] std::string why_unpublished(const Result& result);

}  // namespace phiscope::analyze::steps
