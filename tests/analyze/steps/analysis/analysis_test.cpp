// SPDX-License-Identifier: MIT
#include "steps/analysis/analysis.hpp"

#include "analyze/steps/said_steps.hpp"
#include "analyze/steps/synthetic_steps.hpp"
#include "catch.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

#include <phiscope/random.hpp>

#include <cmath>

namespace phiscope::analyze::steps::analysis_test {

using test::said_steps;
using test::StepKey;
using test::SyntheticSteps;

namespace {

const Options quick = {.resamples = 50, .permutations = 200, .seed = 1, .threads = 2};

Result analyzed(const SyntheticSteps& options, const Options& how = quick) {
  const test::TempDir folder;
  write_synthetic_steps(folder.path() / "run", options);
  return analyze(read_run(folder.path() / "run"), how);
}

/// Counts of some problems of a synthetic run, from what it says.
Counts counted(const SyntheticSteps& options, const std::vector<std::size_t>& problems,
               std::size_t lane) {
  Counts counts;
  for (const std::size_t i : problems) {
    const auto keys = options.lanes(static_cast<std::int64_t>(i));
    const auto right = [&](const std::string& text) {
      return text == options.problems[i].right_text();
    };
    const std::string before = *options.said(keys.front());
    const std::string after = *options.said(keys[lane + 1]);
    ++counts.problems;
    counts.baseline_right += right(before) ? 1U : 0U;
    counts.broken += right(before) && !right(after) ? 1U : 0U;
    counts.repaired += !right(before) && right(after) ? 1U : 0U;
    counts.no_number += after == "no number" || after == "no idea" ? 1U : 0U;
  }
  return counts;
}

/// Wilson's interval in its usual form.
void check_rate(const Estimate& found, std::size_t successes, std::size_t units) {
  CHECK(found.units == units);
  CHECK(found.covers == "problems");
  if (units == 0) {
    CHECK(found.value.status() == Status::too_few_rows);
    return;
  }
  const auto n = static_cast<double>(units);
  const double p = static_cast<double>(successes) / n;
  const double z = 1.959963984540054;
  const double centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
  const double half = z / (1.0 + z * z / n) * std::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n));
  CHECK(found.value.value() == Approx(p));
  CHECK(found.low.value() == Approx(centre - half).margin(1e-12));
  CHECK(found.high.value() == Approx(centre + half).margin(1e-12));
}

std::vector<std::size_t> group_problems(const SyntheticSteps& options, const Group& group) {
  std::vector<std::size_t> problems;
  for (std::size_t i = 0; i < options.problems.size(); ++i) {
    const auto& problem = options.problems[i];
    if (problem.part != part_name(group.part)) continue;
    const std::string stratum = !problem.stratum        ? "unknown"
                                : *problem.stratum == 5 ? "5+"
                                                        : std::to_string(*problem.stratum);
    if (group.name == "all" || group.name == stratum) problems.push_back(i);
  }
  return problems;
}

}  // namespace

TEST_CASE("groups are the sweep and its strata, then the validation", "[analysis]") {
  SyntheticSteps options;
  const Result result = analyzed(options);
  std::vector<std::string> names;
  for (const Group& group : result.groups) {
    names.push_back(std::string(part_name(group.part)) + " " + group.name);
    CHECK(group.problems == group_problems(options, group));
  }
  CHECK(names == std::vector<std::string>{"sweep all", "sweep 2", "sweep 3", "sweep 4", "sweep 5+",
                                          "sweep unknown", "validation all", "validation 2",
                                          "validation 5+"});
  CHECK(result.chief() == Part::sweep);
  options.problems = {options.problems[6], options.problems[7]};
  CHECK(analyzed(options).chief() == Part::validation);
  for (auto& problem : options.problems) problem.stratum.reset();
  CHECK(analyzed(options).groups.size() == 1);
}

TEST_CASE("rates of every group and lane are those of what was said", "[analysis]") {
  SyntheticSteps options;
  options.layers = {1, 2};
  const Result result = analyzed(options);
  std::size_t broken = 0;
  std::size_t repaired = 0;
  for (std::size_t group = 0; group < result.groups.size(); ++group) {
    const auto problems = group_problems(options, result.groups[group]);
    for (std::size_t lane = 0; lane < result.data.lanes.size(); ++lane) {
      const Counts expected = counted(options, problems, lane);
      const Cell& cell = result.cell(group, lane);
      CHECK(cell.counts.problems == expected.problems);
      CHECK(cell.counts.unknown == 0);
      CHECK(cell.counts.baseline_right == expected.baseline_right);
      CHECK(cell.counts.broken == expected.broken);
      CHECK(cell.counts.repaired == expected.repaired);
      CHECK(cell.counts.no_number == expected.no_number);
      check_rate(cell.accuracy, expected.right(), expected.problems);
      check_rate(cell.importance, expected.broken, expected.baseline_right);
      check_rate(cell.repaired, expected.repaired, expected.baseline_wrong());
      broken += expected.broken;
      repaired += expected.repaired;
    }
    const Counts baseline = result.groups[group].baseline.counts;
    CHECK(baseline.baseline_right == counted(options, problems, 0).baseline_right);
    check_rate(result.groups[group].baseline.accuracy, baseline.baseline_right, problems.size());
  }
  CHECK(broken > 20);
  CHECK(repaired > 10);
}

TEST_CASE("means over problems are of the answer's tokens", "[analysis]") {
  const SyntheticSteps options;
  const Result result = analyzed(options);
  for (std::size_t lane = 0; lane < result.data.lanes.size(); ++lane) {
    double kl = 0.0;
    double surprisal = 0.0;
    double drop = 0.0;
    for (std::int64_t problem = 0; problem < 6; ++problem) {
      StepKey key = options.lanes(problem)[lane + 1];
      StepKey baseline{.problem = problem};
      const auto tokens = static_cast<std::int64_t>(options.problem(key).tokens.size());
      for (std::int64_t i = 1; i <= tokens; ++i) {
        key.readout = baseline.readout = i;
        const double weight = 1.0 / (6.0 * static_cast<double>(tokens));
        const double log_p = options.reduced(key).token_log_probability;
        kl += weight * options.reduced(key).reverse_kl;
        surprisal -= weight * log_p;
        drop += weight * (options.reduced(baseline).token_log_probability - log_p);
      }
    }
    const Cell& cell = result.cell(0, lane);
    CHECK(cell.mean(Measure::kl).mean.value.value() == Approx(kl));
    CHECK(cell.mean(Measure::log_probability_drop).mean.value.value() == Approx(drop));
    CHECK(cell.perplexity().value.value() == Approx(std::exp(surprisal)));
    CHECK(cell.perplexity().low.value() ==
          Approx(std::exp(cell.mean(Measure::surprisal).mean.low.value())));
    CHECK(cell.mean(Measure::kl).mean.covers == "problems");
  }
}

TEST_CASE("a problem that the baseline fails does not change importance", "[analysis]") {
  const LaneAxes axes = {.kinds = {Kind::single}, .layers = {0}, .latents = 3};
  const auto says = [](std::size_t problem, const std::optional<Lane>& lane) {
    if (problem >= 10) return lane && lane->step == 1 ? Grade::right : Grade::wrong;
    if (!lane) return Grade::right;
    return problem % 5 <= static_cast<std::size_t>(lane->step) ? Grade::wrong : Grade::right;
  };
  const Result few = analyze(said_steps(10, axes, says), quick);
  const Result more = analyze(said_steps(17, axes, says), quick);
  for (std::size_t lane = 0; lane < 3; ++lane) {
    CHECK(more.cell(0, lane).importance.value == few.cell(0, lane).importance.value);
    CHECK(more.cell(0, lane).importance.low == few.cell(0, lane).importance.low);
    CHECK(more.cell(0, lane).importance.units == 10);
    CHECK(few.cell(0, lane).repaired.value.status() == Status::too_few_rows);
  }
  CHECK(few.cell(0, 1).importance.value == Value(0.4));
  // Wrong to right is repaired, and no importance.
  CHECK(more.cell(0, 1).repaired.value == Value(1.0));
  CHECK(more.cell(0, 1).counts.broken == 4);
  CHECK(more.cell(0, 0).repaired.value == Value(0.0));
}

TEST_CASE("answers that are not known are in no rate and counted", "[analysis]") {
  const LaneAxes axes = {.kinds = {Kind::all}, .layers = {0}, .latents = 2};
  const Result result = analyze(
      said_steps(8, axes,
                 [](std::size_t problem, const std::optional<Lane>& lane) -> std::optional<Grade> {
                   if (problem == 0) return std::nullopt;
                   if (problem == 1 && lane) return std::nullopt;
                   return lane ? Grade::no_number : Grade::right;
                 }),
      quick);
  const Cell& cell = result.cell(0, 0);
  CHECK(cell.counts.problems == 8);
  CHECK(cell.counts.unknown == 2);
  CHECK(cell.importance.units == 6);
  CHECK(cell.importance.value == Value(1.0));
  CHECK(cell.counts.no_number == 6);
  CHECK(result.groups[0].baseline.counts.unknown == 1);
  CHECK_FALSE(result.broken(1, 0).has_value());
  CHECK(result.broken(2, 0) == 1.0);
  CHECK(cell.mean(Measure::kl).undefined.at(Status::too_few_rows) == 8);
}

TEST_CASE("the intervals hold a known rate about as often as they say", "[analysis]") {
  const LaneAxes axes = {.kinds = {Kind::all}, .layers = {0}, .latents = 1};
  std::mt19937_64 engine(11);
  int held = 0;
  constexpr int runs = 400;
  for (int run = 0; run < runs; ++run) {
    const Result result =
        analyze(said_steps(60, axes,
                           [&](std::size_t, const std::optional<Lane>& lane) {
                             // Right in the baseline with .75, then broken with .2.
                             if (!lane)
                               return uniform_below(engine, 100) < 75 ? Grade::right : Grade::wrong;
                             return uniform_below(engine, 100) < 20 ? Grade::wrong : Grade::right;
                           }),
                {.resamples = 2, .permutations = 2});
    const Estimate& found = result.cell(0, 0).importance;
    held += found.low.value() <= 0.2 && 0.2 <= found.high.value() ? 1 : 0;
  }
  // At .95 it is 367 to 391 of 400 in 99 %.
  CHECK(held >= 366);
  CHECK(held <= 392);
}

TEST_CASE("several runs are read, pooled and named before any is analysed", "[analysis]") {
  const test::TempDir folder;
  SyntheticSteps more;
  more.problems = {{"b1", "3", 2, 2, {1, 2}}};
  SyntheticSteps other;
  other.donor = "mean";
  write_synthetic_steps(folder.path() / "one", SyntheticSteps{});
  write_synthetic_steps(folder.path() / "two", more);
  write_synthetic_steps(folder.path() / "x" / "one", other);
  const auto results = analyze_runs(
      {folder.path() / "one", folder.path() / "two", folder.path() / "x" / "one"}, {}, quick);
  REQUIRE(results.size() == 2);
  CHECK(results[0].label == "one+two");
  CHECK(results[1].label == "one");
  CHECK(results[0].data.problems.size() == 9);
  CHECK(results[0].groups[0].problems.size() == 7);
  for (const Result& result : results) {
    for (const Test& test : result.tests) CHECK(test.p.ok() == test.p_holm.ok());
  }
  write_synthetic_steps(folder.path() / "part", more, {0});
  CHECK_THROWS_WITH(analyze_runs({folder.path() / "part"}, {.allow_partial = true}, quick),
                    Contains("part: no problem is complete: found 1 planned and 3 dropped"));
}

TEST_CASE("the number of threads changes no result", "[analysis]") {
  Options one = quick;
  one.threads = 1;
  const Result a = analyzed({}, one);
  const Result b = analyzed({}, quick);
  for (std::size_t i = 0; i < a.cells.size(); ++i) {
    CHECK(a.cells[i].mean(Measure::kl).mean.low == b.cells[i].mean(Measure::kl).mean.low);
  }
  for (std::size_t i = 0; i < a.tests.size(); ++i) {
    CHECK(a.tests[i].p == b.tests[i].p);
    CHECK(a.tests[i].effect.high == b.tests[i].effect.high);
  }
}

}  // namespace phiscope::analyze::steps::analysis_test
