// SPDX-License-Identifier: MIT
#pragma once

#include "plan/plan.hpp"
#include "steps/sets.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// Where the values of changed thoughts come from.
enum class StepDonor { zero, mean, resample };

/// A problem as tokens.
struct StepProblem {
  std::vector<int> tokens;       ///< the question, with what begins the thoughts last
  std::vector<int> forced;       ///< what precedes the gold answer, and the answer
  std::size_t first_scored = 0;  ///< of `forced`: the first token that is the answer's own
};

/// How a sweep is laid out as a plan.
struct StepLayout {
  std::vector<StepKind> kinds;  ///< without baseline, which always runs first
  std::vector<int> layers;      ///< after whose blocks thoughts are changed
  int latents = 0;              ///< steps that can be changed, at least 1
  /// As published: the first step is what begins the thoughts, the question's last token is changed
  /// with the others, and the end is fed twice where something is changed.
  bool published = false;
  std::vector<int> after;    ///< the end of the thoughts
  bool include_bot = false;  ///< what begins the thoughts, alone, as step -1 of `single`
  bool keep_clean = false;   ///< capture the baseline's values at all thoughts in row space 1
  StepDonor donor = StepDonor::zero;
  /// [problem][step + 1] row of Plan::donors, for mean and resample; the first is that of step -1.
  std::vector<std::vector<int>> donor_row{};
};

/// Names of the read-outs that some problem has: the end of the thoughts, then the tokens of the
/// gold answer.
inline std::vector<std::string> step_readout_names(const std::vector<StepProblem>& problems) {
  std::size_t most = 0;
  for (const StepProblem& problem : problems) {
    most = std::max(most, problem.forced.size() - problem.first_scored);
  }
  std::vector<std::string> names{"eot"};
  names.reserve(most + 1);
  for (std::size_t i = 0; i < most; ++i) names.push_back("answer:" + std::to_string(i));
  return names;
}

/// Builds the group of one problem: of the baseline and of each step set a run that is given the
/// gold answer, with the read-outs, and one that continues freely from the same thoughts. Sets that
/// are the same ({0} alone and the first of all) are given the answer once.
class StepGroup {
 public:
  StepGroup(const StepProblem& problem, std::int64_t number, const StepLayout& layout)
      : problem_(problem), number_(number), layout_(layout) {}

  [[nodiscard]] Group make() {
    for (const StepSet& set : step_sets(StepKind::baseline, layout_.latents)) add(set, -1);
    for (const StepKind kind : layout_.kinds) {
      std::vector<StepSet> sets = step_sets(kind, layout_.latents);
      if (kind == StepKind::single && layout_.include_bot) {
        sets.insert(sets.begin(), {kind, -1, {-1}, layout_.latents});
      }
      // Where nothing is changed there is no layer.
      const bool changes = kind != StepKind::early_exit;
      for (const int layer : changes ? layout_.layers : std::vector<int>{-1}) {
        for (const StepSet& set : sets) add(set, layer);
      }
    }
    return std::move(group_);
  }

 private:
  [[nodiscard]] int position(int step) const {
    return static_cast<int>(problem_.tokens.size()) + step - (layout_.published ? 1 : 0);
  }

  [[nodiscard]] ActionList actions(const StepSet& set, int layer) const {
    if (set.changed.empty()) return {};
    Site site{.hook = Hook::resid_post, .layer = layer, .positions = {}};
    site.positions.reserve(set.changed.size() + 1);
    if (layout_.published) site.positions.push_back(position(-1));
    for (const int step : set.changed) site.positions.push_back(position(step));
    if (layout_.donor == StepDonor::zero) return {Zero{site}};
    Source source{.run = donor_rows, .positions = {}};
    source.positions.reserve(set.changed.size());
    const std::vector<int>& rows = layout_.donor_row.at(static_cast<std::size_t>(number_));
    for (const int step : set.changed) {
      source.positions.push_back(rows.at(static_cast<std::size_t>(step + 1)));
    }
    return {Patch{.site = site, .from = source}};
  }

  /// The run that is given the answer and does the same, or no_run.
  [[nodiscard]] std::size_t equal_run(const Run& run) const {
    const auto same = std::ranges::find_if(group_.runs, [&](const Run& one) {
      return !one.generates && one.actions == run.actions && one.latents == run.latents;
    });
    return same == group_.runs.end() ? no_run
                                     : static_cast<std::size_t>(same - group_.runs.begin());
  }

  /// Adds the read-outs of a step set to the run that yields them.
  void add_rows(const std::vector<std::int64_t>& key, Run& run) const {
    const auto row = [&](std::int64_t readout, int at, std::vector<int> targets) {
      Row made{.key = key, .spans = {{at, at + 1}}};
      made.key.push_back(readout);
      made.targets = std::move(targets);
      run.rows.push_back(std::move(made));
    };
    const std::vector<int>& forced = problem_.forced;
    const auto first = forced.begin() + static_cast<std::ptrdiff_t>(problem_.first_scored);
    row(0, run.origin, {first, forced.end()});
    for (std::size_t token = problem_.first_scored; token < forced.size(); ++token) {
      // The position before a token predicts it; origin predicts the first of `forced`.
      row(static_cast<std::int64_t>(token - problem_.first_scored) + 1,
          run.origin + static_cast<int>(token), {forced[token]});
    }
  }

  void keep_thoughts(Run& run) const {
    for (int step = layout_.include_bot ? -1 : 0; step < layout_.latents; ++step) {
      run.rows.push_back(
          {.key = {number_, step}, .spans = {{position(step), position(step) + 1}}, .space = 1});
    }
  }

  void add(const StepSet& set, int layer) {
    Run given{.tokens = problem_.tokens, .rows = {}};
    given.key = {number_, layer, static_cast<std::int64_t>(set.kind), set.step};
    given.actions = actions(set, layer);
    given.latents = {.count = set.thoughts - (layout_.published ? 1 : 0)};
    given.after = layout_.after;
    if (layout_.published && !set.changed.empty()) {
      given.after.insert(given.after.begin(), layout_.after.front());
    }
    given.origin = position(set.thoughts) + static_cast<int>(given.after.size()) - 1;
    Run free = given;
    given.after.insert(given.after.end(), problem_.forced.begin(), problem_.forced.end());
    given.generates = false;
    given.from = given.against = 0;  // the baseline, which is run 0
    if (const std::size_t same = equal_run(given); same != no_run) {
      add_rows(given.key, group_.runs[same]);
      free.from = same;
      free.against = group_.runs.size();
      group_.runs.push_back(std::move(free));
      return;
    }
    add_rows(given.key, given);
    if (layout_.keep_clean && group_.runs.empty()) keep_thoughts(given);
    free.from = group_.runs.size();
    free.against = free.from + 1;
    group_.runs.push_back(std::move(given));
    group_.runs.push_back(std::move(free));
  }

  const StepProblem& problem_;
  std::int64_t number_;
  const StepLayout& layout_;
  Group group_;
};

/// Adds one group per problem; key of a row: problem, layer, kind, step, readout; the layer is -1
/// where nothing is changed.
inline void add_steps(const std::vector<StepProblem>& problems, const StepLayout& layout,
                      Plan& plan) {
  plan.groups.reserve(plan.groups.size() + problems.size());
  for (std::size_t p = 0; p < problems.size(); ++p) {
    plan.groups.push_back(StepGroup(problems[p], static_cast<std::int64_t>(p), layout).make());
  }
}

}  // namespace phiscope::extract
