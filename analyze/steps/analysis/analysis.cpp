// SPDX-License-Identifier: MIT
#include "steps/analysis/analysis.hpp"

#include "program/parallel.hpp"
#include "report/folder.hpp"
#include "shard/file/format_error.hpp"
#include "steps/analysis/pool.hpp"

#include <phiscope/problem_difficulty.hpp>
#include <phiscope/wilson_interval.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace phiscope::analyze::steps {
namespace {

void grade_and_measure(Result& result, const Options& options) {
  const Steps& data = result.data;
  result.graded.resize(data.problems.size());
  result.measured.resize(data.problems.size());
  result.baselines.resize(data.problems.size(), measure({}, {}));
  for_each_tile(data.problems.size(), options.threads, [&](std::size_t problem) {
    const ProblemRows& rows = data.rows[problem];
    result.graded[problem] = grade_problem(data.problems[problem], rows, options.grader);
    if (!rows.complete) return;
    result.baselines[problem] = measure(rows.baseline, rows.baseline);
    result.measured[problem].reserve(rows.lanes.size());
    for (const Rows& lane : rows.lanes) {
      result.measured[problem].push_back(measure(lane, rows.baseline));
    }
  });
}

/// All complete problems of a sample, then those of each stratum that has any.
void add_groups(const Steps& data, Part part, std::vector<Group>& groups) {
  std::vector<Group> found;
  found.reserve(stratum_names.size() + 2);
  found.push_back({.name = "all", .part = part});
  for (std::size_t i = 0; i < stratum_names.size(); ++i) {
    found.push_back({.name = std::string(stratum_names[i]), .part = part, .stratum = i});
  }
  found.push_back({.name = "unknown", .part = part});
  for (std::size_t problem = 0; problem < data.problems.size(); ++problem) {
    if (!data.rows[problem].complete || data.problems[problem].part != part) continue;
    found.front().problems.push_back(problem);
    const auto& stratum = data.problems[problem].stratum;
    found[stratum ? *stratum + 1 : found.size() - 1].problems.push_back(problem);
  }
  // Where no difficulty is known, "unknown" would be "all" once more.
  if (found.back().problems.size() == found.front().problems.size()) found.pop_back();
  for (Group& group : found) {
    if (!group.problems.empty()) groups.push_back(std::move(group));
  }
}

void aggregate(Result& result, const Options& options) {
  const std::size_t lanes = result.data.lanes.size();
  for (const Part part : {Part::sweep, Part::validation}) {
    add_groups(result.data, part, result.groups);
  }
  result.cells.resize(result.groups.size() * lanes);
  for_each_tile(result.cells.size(), options.threads, [&](std::size_t tile) {
    const Group& group = result.groups[tile / lanes];
    result.cells[tile] = cell_of(result, group.problems, tile % lanes, options);
  });
  for (Group& group : result.groups) {
    group.baseline = cell_of(result, group.problems, std::nullopt, options);
  }
}

}  // namespace

Estimate Cell::perplexity() const {
  Estimate estimate = mean(Measure::surprisal).mean;
  for (Value* value : {&estimate.value, &estimate.low, &estimate.high}) {
    if (value->ok()) *value = std::exp(value->value());
  }
  return estimate;
}

std::optional<double> Result::broken(std::size_t problem, std::size_t lane) const {
  const Graded& of = graded[problem];
  if (of.baseline != Grade::right || !of.lanes[lane]) return std::nullopt;
  return *of.lanes[lane] == Grade::right ? 0.0 : 1.0;
}

Cell cell_of(const Result& result, const std::vector<std::size_t>& problems,
             std::optional<std::size_t> lane, const Options& options) {
  Cell cell;
  std::array<std::vector<Value>, measure_count> values;
  for (auto& each : values) each.reserve(problems.size());
  for (const std::size_t problem : problems) {
    const Graded& graded = result.graded[problem];
    cell.counts.add(graded.baseline, lane ? graded.lanes[*lane] : graded.baseline);
    const Measured& measured = lane ? result.measured[problem][*lane] : result.baselines[problem];
    for (std::size_t i = 0; i < measure_count; ++i) values[i].push_back(measured[i]);
  }
  const Counts& counts = cell.counts;
  const WilsonOptions wilson{.covers = "problems"};
  cell.accuracy = wilson_interval(counts.right(), counts.known(), wilson);
  cell.importance = wilson_interval(counts.broken, counts.baseline_right, wilson);
  cell.repaired = wilson_interval(counts.repaired, counts.baseline_wrong(), wilson);
  for (std::size_t i = 0; i < measure_count; ++i) {
    cell.means[i] = report::unit_mean(
        values[i], {.resamples = options.resamples, .seed = options.seed, .covers = "problems"});
  }
  return cell;
}

Result analyze(Steps data, const Options& options) {
  Result result;
  for (const Source& source : data.sources) {
    result.label += (result.label.empty() ? "" : "+") + source.name;
  }
  result.data = std::move(data);
  grade_and_measure(result, options);
  aggregate(result, options);
  result.tests = test_all(result, options);
  return result;
}

std::vector<Result> analyze_runs(const std::vector<std::filesystem::path>& paths,
                                 const shard::ReadOptions& reading, const Options& options) {
  std::vector<Steps> read;
  read.reserve(paths.size());
  for (const auto& path : paths) {
    read.push_back(read_run(path, reading));
    const Steps& run = read.back();
    if (run.complete_problems() > 0) continue;
    throw shard::FormatError(path, "no problem is complete: found " +
                                       std::to_string(run.problems.size()) + " planned and " +
                                       std::to_string(run.dropped.size()) +
                                       " dropped, expected at least one");
  }
  std::vector<Result> results;
  std::vector<std::string> names;
  for (Steps& run : pool(std::move(read))) {
    results.push_back(analyze(std::move(run), options));
    names.push_back(results.back().label);
  }
  const std::vector<std::string> labels = report::unique_labels(names);
  for (std::size_t i = 0; i < results.size(); ++i) results[i].label = labels[i];
  correct(results);
  return results;
}

}  // namespace phiscope::analyze::steps
