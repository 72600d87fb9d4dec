// SPDX-License-Identifier: MIT
#pragma once

#include "report/check.hpp"
#include "steps/analysis/analysis.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::steps {

using report::Check;
using report::Outcome;

/// What must hold in any run: all problems done, no NaN, the baseline equal to itself, sets that
/// change the same thoughts equal, and KL 0 where nothing reads the change.
[[nodiscard]] std::vector<Check> checklist(const Result& result);

/// The success criteria of the published experiment, at the first layer; none without the
/// cumulative sets.
[[nodiscard]] std::vector<Check> criteria(const Result& result, const Options& options);

/// Largest difference of KL or log-probability between lanes that change the same thoughts at the
/// same layer (the first of cumulative and single 0, the last of cumulative and all), over
/// problems; nothing if no two do.
[[nodiscard]] std::optional<double> largest_twin_difference(const Result& result);

/// Largest KL where the last thought is changed after the last layer, which nothing reads, over
/// problems; nothing if there is no such lane.
[[nodiscard]] std::optional<double> largest_unread_kl(const Result& result);

/// How many problems were dropped, by reason.
[[nodiscard]] std::map<std::string, std::size_t> dropped_by_reason(const Steps& data);

}  // namespace phiscope::analyze::steps
