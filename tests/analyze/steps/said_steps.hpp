// SPDX-License-Identifier: MIT
#pragma once

#include "steps/analysis/analysis.hpp"

#include <functional>
#include <string>

namespace phiscope::test {

/// What a problem says in a lane, or (nothing) in the baseline: right, wrong, no number, or nothing
/// that is known.
using Says = std::function<std::optional<analyze::steps::Grade>(
    std::size_t problem, const std::optional<analyze::steps::Lane>& lane)>;

/// Steps in memory, with answers alone: the gold answer of every problem is 1, and strata come from
/// `stratum` (2 to 5; anything else: not known).
inline analyze::steps::Steps said_steps(std::size_t problems, const analyze::steps::LaneAxes& axes,
                                        const std::function<int(std::size_t)>& stratum,
                                        const Says& says) {
  using namespace analyze::steps;
  const auto text = [](const std::optional<Grade>& grade) -> std::optional<std::string> {
    if (!grade) return std::nullopt;
    return *grade == Grade::right ? "1" : *grade == Grade::wrong ? "2" : "?";
  };
  Steps steps;
  steps.sources.push_back({.path = "said", .name = "said", .has_texts = true});
  steps.axes = axes;
  steps.readouts = {"eot"};
  steps.lanes = lanes_of(axes);
  for (std::size_t i = 0; i < problems; ++i) {
    Problem problem{.id = i, .gold_text = "1", .gold = {1, 1}};
    const int level = stratum(i);
    if (level >= 2 && level <= 5) problem.stratum = static_cast<std::size_t>(level - 2);
    steps.problems.push_back(problem);
    ProblemRows rows{.complete = true, .baseline = {Row{}}};
    rows.baseline_text = text(says(i, std::nullopt));
    for (const Lane& lane : steps.lanes) {
      rows.lanes.push_back({Row{}});
      rows.texts.push_back(text(says(i, lane)));
    }
    steps.rows.push_back(rows);
  }
  return steps;
}

/// The same of one stratum.
inline analyze::steps::Steps said_steps(std::size_t problems, const analyze::steps::LaneAxes& axes,
                                        const Says& says) {
  return said_steps(
      problems, axes, [](std::size_t) { return 2; }, says);
}

}  // namespace phiscope::test
