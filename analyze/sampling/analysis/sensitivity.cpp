// SPDX-License-Identifier: MIT
#include "sampling/analysis/sensitivity.hpp"

#include "program/parallel.hpp"
#include "sampling/analysis/grade.hpp"

#include <phiscope/distance.hpp>
#include <phiscope/summary.hpp>
#include <phiscope/wilson_interval.hpp>

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::sampling {
namespace {

Value probability_of(const std::optional<Token>& token) {
  if (!token) return Status::too_short;
  return std::exp(static_cast<double>(token->log_probability));
}

/// |mean over the first `count` compared tokens of the greedy text - that of the branch|.
double divergence_of(const Latents& latents, const Branch& branch, std::size_t count,
                     std::size_t layer) {
  std::vector<double> sums(latents.units(), 0.0);
  for (std::size_t i = 0; i < count; ++i) {
    const auto kept = latents.at(branch.baseline[i], layer);
    const auto left = latents.at(branch.latents[i], layer);
    for (std::size_t unit = 0; unit < sums.size(); ++unit) {
      sums[unit] += static_cast<double>(kept[unit]) - static_cast<double>(left[unit]);
    }
  }
  return norm(sums) / static_cast<double>(count);
}

BranchMeasure measure_branch(const Branches& run, const ProblemBranches& problem, std::size_t point,
                             Grader grader) {
  const Branch& branch = problem.branches[point];
  const std::uint64_t t = run.points[point];
  BranchMeasure measured;
  measured.reached = branch.tokens > 0;
  const std::uint64_t rest = problem.tokens > t ? problem.tokens - t : 0;
  measured.branch_tokens = std::min(branch.tokens, run.lookahead);
  measured.baseline_tokens = std::min(rest, run.lookahead);
  measured.ended = measured.reached && std::min(branch.tokens, rest) < run.lookahead;
  measured.kept_probability = probability_of(branch.kept);
  measured.forced_probability = probability_of(branch.forced);
  measured.divergence.assign(run.info.layers.size(), Status::too_short);
  measured.pooled = std::min(branch.latents.size(), branch.baseline.size());
  for (std::size_t layer = 0; measured.pooled > 0 && layer < measured.divergence.size(); ++layer) {
    measured.divergence[layer] = divergence_of(run.latents, branch, measured.pooled, layer);
  }
  // A branch's text begins with its forced token: one without an answer of its own may share the
  // greedy text's, which was given before.
  if (run.to_the_end && problem.text && branch.text) {
    const std::string answer = final_answer(*branch.text, grader);
    if (!answer.empty()) measured.answer_changed = final_answer(*problem.text, grader) != answer;
  }
  return measured;
}

/// A median over the problems where the number is defined.
Value median_of(const std::vector<Value>& values) {
  std::vector<double> numbers;
  numbers.reserve(values.size());
  for (const Value& value : values) {
    if (value.ok()) numbers.push_back(value.value());
  }
  return median(numbers);
}

/// Values of the problems with a branch at a point.
template <class Take>
std::vector<Value> over_branches(const Sensitivity& result, std::size_t point, Take take) {
  std::vector<Value> values;
  values.reserve(result.measured.size());
  for (const auto& problem : result.measured) {
    if (problem[point].reached) values.push_back(take(problem[point]));
  }
  return values;
}

Estimate share_changed(const Sensitivity& result, std::size_t point) {
  std::size_t known = 0;
  std::size_t changed = 0;
  for (const auto& problem : result.measured) {
    const auto& answer = problem[point].answer_changed;
    if (!answer) continue;
    ++known;
    changed += *answer ? 1U : 0U;
  }
  return wilson_interval(changed, known, {.covers = "problems"});
}

SensitivityPoint summarize_point(const Sensitivity& result, std::size_t point,
                                 const Options& options) {
  SensitivityPoint summary;
  const std::size_t layers = result.run.info.layers.size();
  summary.divergence.reserve(layers);
  summary.median.reserve(layers);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const auto values = over_branches(
        result, point, [layer](const BranchMeasure& branch) { return branch.divergence[layer]; });
    summary.divergence.push_back(cell_of(values, options));
    summary.median.push_back(median_of(values));
  }
  summary.kept_probability = cell_of(
      over_branches(result, point, [](const auto& branch) { return branch.kept_probability; }),
      options);
  summary.forced_probability = cell_of(
      over_branches(result, point, [](const auto& branch) { return branch.forced_probability; }),
      options);
  summary.answer_changed = share_changed(result, point);
  for (const auto& problem : result.measured) {
    const BranchMeasure& branch = problem[point];
    if (!branch.reached) continue;
    ++summary.reached;
    summary.ended += branch.ended ? 1U : 0U;
    summary.too_short += branch.divergence.front() == Value(Status::too_short) ? 1U : 0U;
  }
  return summary;
}

}  // namespace

Sensitivity analyze_sensitivity(Branches run, const Options& options) {
  Sensitivity result;
  result.run = std::move(run);
  result.label = result.run.info.name;
  result.measured.resize(result.run.problems.size());
  for (std::size_t p = 0; p < result.run.problems.size(); ++p) {
    result.measured[p].reserve(result.run.points.size());
    for (std::size_t point = 0; point < result.run.points.size(); ++point) {
      result.measured[p].push_back(
          measure_branch(result.run, result.run.problems[p], point, options.grader));
    }
  }
  result.points.resize(result.run.points.size());
  for_each_tile(result.points.size(), options.threads, [&](std::size_t point) {
    result.points[point] = summarize_point(result, point, options);
  });
  return result;
}

}  // namespace phiscope::analyze::sampling
