// SPDX-License-Identifier: MIT
#include "steps/analysis/contrast.hpp"

#include "program/parallel.hpp"
#include "steps/analysis/analysis.hpp"

#include <phiscope/bootstrap.hpp>
#include <phiscope/bootstrap_mean.hpp>
#include <phiscope/holm.hpp>
#include <phiscope/mcnemar.hpp>
#include <phiscope/permutation_test.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/trend_permutation.hpp>

#include <array>
#include <utility>

namespace phiscope::analyze::steps {
namespace {

/// A number per problem, of the problems that have one.
struct Values {
  std::vector<double> numbers = {};
  std::vector<double> strata = {};  ///< steps of the stratum, of the problems that have both
};

/// The options of every interval over problems.
BootstrapOptions interval(const Options& options) {
  return {.resamples = options.resamples, .seed = options.seed, .covers = "problems"};
}

/// Difference of two importances, McNemar's table and test: `first` and `second` give 1 or 0.
template <class First, class Second>
void compare_pairs(const std::vector<std::size_t>& problems, First first, Second second,
                   const Options& options, Test& test) {
  std::vector<double> differences;
  differences.reserve(problems.size());
  for (const std::size_t problem : problems) {
    const std::optional<double> a = first(problem);
    const std::optional<double> b = second(problem);
    if (!a || !b) continue;
    differences.push_back(*a - *b);
    test.first_only += *a > *b ? 1U : 0U;
    test.second_only += *b > *a ? 1U : 0U;
  }
  test.units = differences.size();
  test.effect = bootstrap_mean(differences, interval(options));
  const McNemarTest found = mcnemar(test.first_only, test.second_only);
  test.p = found.p_value;
  test.least_p = found.least_p;
}

void test_baseline(const Result& result, const Options& options, Test& test) {
  const auto is_right = [](const std::optional<Grade>& grade) -> std::optional<double> {
    if (!grade) return std::nullopt;
    return *grade == Grade::right ? 1.0 : 0.0;
  };
  // First minus second is lane minus baseline; broken ones are then right in the second alone.
  compare_pairs(
      result.groups[test.group].problems,
      [&](std::size_t problem) { return is_right(result.graded[problem].lanes[*test.at]); },
      [&](std::size_t problem) { return is_right(result.graded[problem].baseline); }, options,
      test);
  std::swap(test.first_only, test.second_only);
}

void test_next_step(const Result& result, const Options& options, Test& test) {
  compare_pairs(
      result.groups[test.group].problems,
      [&](std::size_t problem) { return result.broken(problem, *test.at); },
      [&](std::size_t problem) { return result.broken(problem, *test.at + 1); }, options, test);
}

/// Mean of broken over some steps of a kind and layer; nothing where one is not known.
std::optional<double> mean_broken(const Result& result, std::size_t problem, const Lane& lane,
                                  const std::vector<std::int64_t>& steps) {
  CompensatedSum sum;
  for (const std::int64_t step : steps) {
    const auto at = result.data.find({.kind = lane.kind, .layer = lane.layer, .step = step});
    const auto broken = at ? result.broken(problem, *at) : std::nullopt;
    if (!broken) return std::nullopt;
    sum += *broken;
  }
  if (steps.empty()) return std::nullopt;
  return sum.value() / static_cast<double>(steps.size());
}

/// Slope over the strata with its interval, over problems that have a stratum.
template <class Of>
void test_trend(const Result& result, Of of, const Options& options, Test& test) {
  Values values;
  for (const std::size_t problem : result.groups[test.group].problems) {
    const auto& stratum = result.data.problems[problem].stratum;
    const std::optional<double> number = of(problem);
    if (!stratum || !number) continue;
    values.numbers.push_back(*number);
    values.strata.push_back(static_cast<double>(*stratum) + 2.0);
  }
  test.units = values.numbers.size();
  const TrendPermutation found = trend_permutation(
      values.numbers, values.strata, {.resamples = options.permutations, .seed = options.seed});
  test.p = found.p_value;
  test.least_p = found.least_p;
  const auto slope = [&values](std::span<const std::size_t> drawn) -> Value {
    const auto n = static_cast<double>(drawn.size());
    double x = 0.0;
    double y = 0.0;
    for (const std::size_t unit : drawn) {
      x += values.strata[unit] / n;
      y += values.numbers[unit] / n;
    }
    double squares = 0.0;
    double products = 0.0;
    for (const std::size_t unit : drawn) {
      squares += (values.strata[unit] - x) * (values.strata[unit] - x);
      products += (values.strata[unit] - x) * (values.numbers[unit] - y);
    }
    if (!(squares > 0.0)) return Status::constant;
    return products / squares;
  };
  test.effect = bootstrap(found.slope, test.units, slope, interval(options));
}

void test_halves(const Result& result, const Options& options, Test& test) {
  const std::int64_t latents = result.data.axes.latents;
  const auto first = half_of_steps(test.lane.kind, latents, true);
  const auto second = half_of_steps(test.lane.kind, latents, false);
  std::vector<double> differences;
  for (const std::size_t problem : result.groups[test.group].problems) {
    const auto a = mean_broken(result, problem, test.lane, first);
    const auto b = mean_broken(result, problem, test.lane, second);
    if (a && b) differences.push_back(*a - *b);
  }
  test.units = differences.size();
  test.effect = bootstrap_mean(differences, interval(options));
  const SignFlipTest found =
      sign_flip_test(differences, {.resamples = options.permutations, .seed = options.seed});
  test.p = found.p_value;
  test.least_p = found.least_p;
}

void run_test(const Result& result, const Options& options, Test& test) {
  switch (test.contrast) {
    case Contrast::baseline:
      test_baseline(result, options, test);
      break;
    case Contrast::next_step:
      test_next_step(result, options, test);
      break;
    case Contrast::difficulty:
      test_trend(
          result, [&](std::size_t problem) { return result.broken(problem, *test.at); }, options,
          test);
      break;
    case Contrast::early_difficulty: {
      const auto steps = half_of_steps(test.lane.kind, result.data.axes.latents, true);
      test_trend(
          result,
          [&](std::size_t problem) { return mean_broken(result, problem, test.lane, steps); },
          options, test);
      break;
    }
    case Contrast::halves:
      test_halves(result, options, test);
      break;
  }
  if (result.groups[test.group].baseline.counts.baseline_right < least_right) {
    test.p = Status::few_units;
  }
}

/// The tests of a group, not yet made.
void plan_tests(const Result& result, std::size_t group, std::vector<Test>& tests) {
  const Steps& data = result.data;
  const auto add = [&](Contrast contrast, const Lane& lane, std::optional<std::size_t> at) {
    tests.push_back({.contrast = contrast, .group = group, .lane = lane, .at = at});
  };
  const auto add_lanes = [&](Contrast contrast) {
    for (std::size_t at = 0; at < data.lanes.size(); ++at) {
      const Lane& lane = data.lanes[at];
      // Only thoughts are neighbours, not the token before them.
      const bool is_last = lane.step + 1 == data.axes.latents;
      const bool has_next = lane.kind == Kind::single && lane.step >= 0 && !is_last;
      if (contrast != Contrast::next_step || has_next) add(contrast, lane, at);
    }
  };
  add_lanes(Contrast::baseline);
  add_lanes(Contrast::next_step);
  for (const std::int64_t layer : data.axes.layers) {
    const Lane lane = {.kind = Kind::single, .layer = layer};
    if (data.has_kind(Kind::single)) add(Contrast::halves, lane, std::nullopt);
  }
  if (result.groups[group].name != "all") return;
  add_lanes(Contrast::difficulty);
  const auto kind = early_kind(result);
  for (const std::int64_t layer : data.axes.layers) {
    if (kind) add(Contrast::early_difficulty, {.kind = *kind, .layer = layer}, std::nullopt);
  }
}

}  // namespace

std::string_view contrast_name(Contrast contrast) noexcept {
  constexpr std::array<std::string_view, 5> names = {"baseline", "next step", "stratum",
                                                     "stratum, first half", "second half"};
  return names[static_cast<std::size_t>(contrast)];
}

std::vector<std::int64_t> half_of_steps(Kind kind, std::int64_t latents, bool first) {
  const std::int64_t half = latents / 2;
  const std::int64_t begin = (first ? 0 : latents - half) + (kind == Kind::cumulative ? 1 : 0);
  std::vector<std::int64_t> steps;
  steps.reserve(static_cast<std::size_t>(half));
  for (std::int64_t i = 0; i < half; ++i) steps.push_back(begin + i);
  return steps;
}

std::optional<Kind> early_kind(const Result& result) {
  for (const Kind kind : {Kind::single, Kind::cumulative}) {
    if (result.data.has_kind(kind)) return kind;
  }
  return std::nullopt;
}

std::vector<Test> test_all(const Result& result, const Options& options) {
  std::vector<Test> tests;
  for (std::size_t group = 0; group < result.groups.size(); ++group) {
    if (result.groups[group].part == result.chief()) plan_tests(result, group, tests);
  }
  for_each_tile(tests.size(), options.threads,
                [&](std::size_t tile) { run_test(result, options, tests[tile]); });
  return tests;
}

void correct(std::span<Result> results) {
  std::vector<double> p_values;
  std::vector<Test*> of;
  for (Result& result : results) {
    for (Test& test : result.tests) {
      test.p_holm = test.p;
      if (!test.p.ok()) continue;
      p_values.push_back(test.p.value());
      of.push_back(&test);
    }
  }
  const std::vector<double> corrected = holm(p_values);
  for (std::size_t i = 0; i < of.size(); ++i) of[i]->p_holm = corrected[i];
}

}  // namespace phiscope::analyze::steps
