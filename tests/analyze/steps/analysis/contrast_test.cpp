// SPDX-License-Identifier: MIT
#include "steps/analysis/contrast.hpp"

#include "analyze/steps/said_steps.hpp"
#include "catch.hpp"

#include <phiscope/random.hpp>

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::steps::contrast_test {

using test::said_steps;

namespace {

const Options quick = {.resamples = 100, .permutations = 999, .seed = 1, .threads = 1};
const LaneAxes axes = {
    .kinds = {Kind::single, Kind::all, Kind::early_exit}, .layers = {0}, .latents = 4};

const Test& find(const Result& result, Contrast contrast, const Lane& lane,
                 const std::string& group = "all") {
  for (const Test& test : result.tests) {
    if (test.contrast == contrast && test.lane == lane && result.groups[test.group].name == group) {
      return test;
    }
  }
  FAIL("no such test");
  return result.tests.front();
}

/// Twice the tail of the binomial with probability 1/2.
double binomial_p(std::size_t few, std::size_t n) {
  const auto log_factorial = [](std::size_t k) {
    return std::lgamma(static_cast<double>(k) + 1.0);
  };
  double tail = 0.0;
  for (std::size_t k = 0; k <= few; ++k) {
    tail += std::exp(log_factorial(n) - log_factorial(k) - log_factorial(n - k) -
                     static_cast<double>(n) * std::log(2.0));
  }
  return std::min(1.0, 2.0 * tail);
}

/// 24 problems: 20 right in the baseline, of which step s breaks the first 3 + 4 s (in "all" all);
/// step 2 repairs three of the others.
std::optional<Grade> breaking(std::size_t problem, const std::optional<Lane>& lane) {
  if (problem >= 20) {
    const bool repaired = lane && lane->kind == Kind::single && lane->step == 2 && problem < 23;
    return repaired ? Grade::right : Grade::wrong;
  }
  if (!lane) return Grade::right;
  if (lane->kind == Kind::all) return Grade::no_number;
  if (lane->kind == Kind::early_exit) return Grade::right;
  return static_cast<std::int64_t>(problem) < 3 + 4 * lane->step ? Grade::wrong : Grade::right;
}

}  // namespace

TEST_CASE("a lane against the baseline: broken against repaired", "[contrast]") {
  const Result result = analyze(said_steps(24, axes, breaking), quick);
  const Test& two = find(result, Contrast::baseline, {Kind::single, 0, 2});
  CHECK(two.units == 24);
  CHECK(two.first_only == 11);
  CHECK(two.second_only == 3);
  CHECK(two.effect.value.value() == Approx(-8.0 / 24.0));
  CHECK(two.effect.low.value() < two.effect.value.value());
  CHECK(two.effect.high.value() > two.effect.value.value());
  CHECK(two.p.value() == Approx(binomial_p(3, 14)));
  CHECK(two.least_p == Approx(std::ldexp(1.0, -13)));
  const Test& all = find(result, Contrast::baseline, {Kind::all, 0, 4});
  CHECK(all.first_only == 20);
  CHECK(all.second_only == 0);
  CHECK(all.p.value() == Approx(std::ldexp(1.0, -19)));
  const Test& none = find(result, Contrast::baseline, {Kind::early_exit, -1, 0});
  CHECK(none.p.status() == Status::no_pairs);
  CHECK(none.effect.value == Value(0.0));
}

TEST_CASE("neighbouring steps are compared over the answers that are right without a change",
          "[contrast]") {
  const Result result = analyze(said_steps(24, axes, breaking), quick);
  const Test& one = find(result, Contrast::next_step, {Kind::single, 0, 1});
  CHECK(one.units == 20);
  CHECK(one.first_only == 0);
  CHECK(one.second_only == 4);
  CHECK(one.effect.value.value() == Approx(-4.0 / 20.0));
  CHECK(one.p.value() == Approx(0.125));
  const auto count = std::count_if(result.tests.begin(), result.tests.end(), [](const Test& test) {
    return test.contrast == Contrast::next_step && test.group == 0;
  });
  CHECK(count == 3);
}

TEST_CASE("the token before the thoughts has no neighbour and is in no half", "[contrast]") {
  LaneAxes with_bot = axes;
  with_bot.include_bot = true;
  const Result result = analyze(said_steps(24, with_bot, breaking), quick);
  for (const Test& test : result.tests) {
    if (test.contrast == Contrast::next_step) CHECK(test.lane.step >= 0);
  }
  const Test& halves = find(result, Contrast::halves, {Kind::single, 0, 0});
  CHECK(halves.effect.value.value() == Approx((3.0 + 7.0 - 11.0 - 15.0) / 40.0));
}

TEST_CASE("the halves of the steps are compared problem by problem", "[contrast]") {
  CHECK(half_of_steps(Kind::single, 6, true) == std::vector<std::int64_t>{0, 1, 2});
  CHECK(half_of_steps(Kind::single, 6, false) == std::vector<std::int64_t>{3, 4, 5});
  CHECK(half_of_steps(Kind::single, 5, true) == std::vector<std::int64_t>{0, 1});
  CHECK(half_of_steps(Kind::single, 5, false) == std::vector<std::int64_t>{3, 4});
  CHECK(half_of_steps(Kind::cumulative, 4, true) == std::vector<std::int64_t>{1, 2});
  CHECK(half_of_steps(Kind::single, 1, true).empty());

  const Result result = analyze(said_steps(24, axes, breaking), quick);
  const Test& halves = find(result, Contrast::halves, {Kind::single, 0, 0});
  CHECK(halves.units == 20);
  // Of the 20: -1/2 for problems 3..6, -1 for 7..10, -1/2 for 11..14, 0 for the others.
  CHECK(halves.effect.value.value() == Approx(-(4 * 0.5 + 4 * 1.0 + 4 * 0.5) / 20.0));
  CHECK(halves.effect.high.value() < 0.0);
  // All 12 differences have one sign: two of 4096 patterns, with 999 draws near their least p.
  CHECK(halves.p.value() <= 0.003);
  CHECK(halves.least_p <= halves.p.value());

  const LaneAxes one = {.kinds = {Kind::single}, .layers = {0}, .latents = 1};
  const Result short_run = analyze(said_steps(24, one, breaking), quick);
  CHECK(find(short_run, Contrast::halves, {Kind::single, 0, 0}).p.status() == Status::too_few_rows);
}

namespace {

/// 80 problems, all right in the baseline, whose steps break with 0.1 (stratum - 2) (even steps).
Result rising(std::uint64_t seed, bool permuted) {
  std::mt19937_64 engine(seed);
  std::vector<int> strata;
  for (int i = 0; i < 80; ++i) strata.push_back(2 + i % 4);
  std::vector<std::vector<bool>> broken(80, std::vector<bool>(4));
  for (std::size_t i = 0; i < 80; ++i) {
    for (std::size_t step = 0; step < 4; step += 2) {
      broken[i][step] = uniform_below(engine, 100) < 25U * static_cast<unsigned>(strata[i] - 2);
    }
  }
  if (permuted) {
    for (std::size_t left = 80; left > 1; --left) {
      std::swap(strata[left - 1], strata[uniform_below(engine, left)]);
    }
  }
  const LaneAxes single = {.kinds = {Kind::single}, .layers = {0}, .latents = 4};
  return analyze(said_steps(
                     80, single, [&](std::size_t i) { return strata[i]; },
                     [&](std::size_t i, const std::optional<Lane>& lane) {
                       const bool wrong = lane && broken[i][static_cast<std::size_t>(lane->step)];
                       return wrong ? Grade::wrong : Grade::right;
                     }),
                 {.resamples = 10, .permutations = 199, .seed = seed});
}

}  // namespace

TEST_CASE("importance that rises with difficulty has a slope, permuted difficulty has none",
          "[contrast]") {
  const Result result = rising(3, false);
  const Test& step = find(result, Contrast::difficulty, {Kind::single, 0, 2});
  CHECK(step.units == 80);
  // Slope of least squares over the strata, by hand from the rates of the groups.
  const auto slope = [&](const std::vector<std::size_t>& lanes) {
    double products = 0.0;
    for (std::size_t group = 1; group <= 4; ++group) {
      for (const std::size_t lane : lanes) {
        products += (static_cast<double>(group) - 2.5) *
                    result.cell(group, lane).importance.value.value() /
                    static_cast<double>(lanes.size());
      }
    }
    return products / 5.0;
  };
  CHECK(step.effect.value.value() == Approx(slope({2})));
  CHECK(step.p.value() == Approx(0.01));  // 2 (0 + 1) / (199 + 1)
  const Test& early = find(result, Contrast::early_difficulty, {Kind::single, 0, 0});
  CHECK(early.effect.value.value() == Approx(slope({0, 1})));
  CHECK(early.effect.value.value() == Approx(0.125).margin(0.05));
  CHECK(early.p.value() == Approx(0.01));
  // A step that breaks nothing has no trend.
  CHECK(find(result, Contrast::difficulty, {Kind::single, 0, 1}).effect.value == Value(0.0));
  CHECK(find(result, Contrast::difficulty, {Kind::single, 0, 1}).p == Value(1.0));

  int shown = 0;
  double slopes = 0.0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Result control = rising(seed, true);
    const Test& test = find(control, Contrast::early_difficulty, {Kind::single, 0, 0});
    shown += test.p.value() <= 0.05 ? 1 : 0;
    slopes += test.effect.value.value() / 200.0;
  }
  // At .05 it is at most 19 of 200 in 99.5 %; a slope's standard error is .015 / sqrt(200).
  CHECK(shown <= 19);
  CHECK(std::abs(slopes) < 0.006);
}

TEST_CASE("problems without a stratum are in no trend", "[contrast]") {
  const auto says = [](std::size_t i, const std::optional<Lane>& lane) {
    return lane && i % 3 == 0 ? Grade::wrong : Grade::right;
  };
  const Result result = analyze(
      said_steps(
          30, axes, [](std::size_t i) { return i < 10 ? 0 : 2 + static_cast<int>(i % 4); }, says),
      quick);
  CHECK(find(result, Contrast::difficulty, {Kind::all, 0, 4}).units == 20);
  const Result one = analyze(said_steps(30, axes, says), quick);
  CHECK(find(one, Contrast::difficulty, {Kind::all, 0, 4}).p.status() == Status::constant);
}

TEST_CASE("a stratum with fewer than five right answers is not tested", "[contrast]") {
  const auto stratum = [](std::size_t i) { return i < 9 ? 3 : 2; };
  const auto run = [&](std::size_t right) {
    return analyze(said_steps(40, axes, stratum,
                              [=](std::size_t i, const std::optional<Lane>& lane) {
                                if (i < 9 && i >= right) return Grade::wrong;
                                return lane ? Grade::wrong : Grade::right;
                              }),
                   quick);
  };
  const Result four = run(4);
  const Test& few = find(four, Contrast::baseline, {Kind::all, 0, 4}, "3");
  CHECK(few.p.status() == Status::few_units);
  CHECK(few.first_only == 4);
  CHECK(find(four, Contrast::baseline, {Kind::all, 0, 4}, "2").p.ok());
  const Result five = run(5);
  CHECK(find(five, Contrast::baseline, {Kind::all, 0, 4}, "3").p == Value(0.0625));
}

TEST_CASE("Holm's correction is over all p-values of all runs", "[contrast]") {
  std::vector<Result> results = {analyze(said_steps(24, axes, breaking), quick),
                                 analyze(said_steps(20, axes, breaking), quick)};
  correct(results);
  std::vector<double> sorted;
  for (const Result& result : results) {
    for (const Test& test : result.tests) {
      if (test.p.ok()) sorted.push_back(test.p.value());
    }
  }
  std::sort(sorted.begin(), sorted.end());
  for (const Result& result : results) {
    for (const Test& test : result.tests) {
      if (!test.p.ok()) {
        CHECK(test.p_holm == test.p);
        continue;
      }
      double expected = 0.0;
      for (std::size_t i = 0; i < sorted.size() && sorted[i] <= test.p.value(); ++i) {
        expected =
            std::max(expected, std::min(1.0, static_cast<double>(sorted.size() - i) * sorted[i]));
      }
      CHECK(test.p_holm.value() == Approx(expected));
    }
  }
}

TEST_CASE("the first half is of single, else of cumulative", "[contrast]") {
  Result result;
  CHECK_FALSE(early_kind(result).has_value());
  result.data.axes.kinds = {Kind::early_exit, Kind::cumulative};
  CHECK(early_kind(result) == Kind::cumulative);
  result.data.axes.kinds.push_back(Kind::single);
  CHECK(early_kind(result) == Kind::single);
  CHECK(contrast_name(Contrast::next_step) == "next step");
  CHECK(contrast_name(Contrast::early_difficulty) == "stratum, first half");
}

}  // namespace phiscope::analyze::steps::contrast_test
