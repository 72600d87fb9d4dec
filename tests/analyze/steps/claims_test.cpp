// SPDX-License-Identifier: MIT
#include "steps/claims.hpp"

#include "catch.hpp"
#include "report/estimate_text.hpp"
#include "said_steps.hpp"

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::steps::claims_test {

using report::Claim;
using report::Role;
using report::Verdict;
using test::said_steps;
using Names = std::vector<std::string>;

namespace {

const Options quick = {.resamples = 50, .permutations = 999, .seed = 1, .threads = 1};
const LaneAxes axes = {.kinds = {Kind::cumulative, Kind::single, Kind::all, Kind::early_exit},
                       .layers = {3},
                       .latents = 4};

/// 30 problems of which 24 are right in the baseline; step 3 and more breaks all but four of them,
/// step 0 breaks those of stratum 5, and `all` repairs two of the others.
std::optional<Grade> needing(std::size_t problem, const std::optional<Lane>& lane) {
  if (problem >= 24) {
    const bool repaired = lane && lane->kind == Kind::all && problem < 26;
    return repaired ? Grade::right : Grade::wrong;
  }
  if (!lane) return Grade::right;
  const bool late = lane->kind == Kind::single       ? lane->step == 3
                    : lane->kind == Kind::early_exit ? false
                                                     : lane->step == 4;
  const bool early = lane->kind == Kind::single && lane->step == 0 && problem % 4 == 3;
  return (late && problem >= 4) || early ? Grade::wrong : Grade::right;
}

Result analyzed(const LaneAxes& of, const test::Says& says,
                const std::optional<std::string>& primary = std::nullopt) {
  Steps steps = said_steps(
      30, of, [](std::size_t i) { return 2 + static_cast<int>(i % 4); }, says);
  steps.primary = primary;
  return analyze(std::move(steps), quick);
}

const Claim& about(const std::vector<Claim>& all, const std::string& beginning) {
  for (const Claim& claim : all) {
    if (claim.about.starts_with(beginning)) return claim;
  }
  throw std::runtime_error("no claim " + beginning);
}

Names abouts(const std::vector<Claim>& all) {
  Names names;
  for (const Claim& claim : all) names.push_back(claim.about);
  return names;
}

const Test& test_of(const Result& result, Contrast contrast, const Lane& lane) {
  for (const Test& test : result.tests) {
    if (test.contrast == contrast && test.group == 0 && test.lane == lane) return test;
  }
  throw std::runtime_error("no test");
}

}  // namespace

TEST_CASE("a run makes five claims in a fixed order, the first one primary", "[claims]") {
  const auto all = claims({analyzed(axes, needing)});
  CHECK(abouts(all) ==
        Names{"changing all thoughts breaks more right answers than it repairs wrong ones",
              "changing thought i alone, for some i, breaks more right answers than it repairs "
              "wrong ones",
              "stopping after i thoughts, for some i from none to all but one, breaks more right "
              "answers than it repairs wrong ones",
              "the first thoughts matter more for harder problems",
              "the first and the second half of the steps differ in importance"});
  for (const Claim& claim : all) {
    CHECK(claim.role == (&claim == &all.front() ? Role::unnamed : Role::exploratory));
    CHECK(claim.caveats.empty());
  }
  LaneAxes published = axes;
  published.kinds = {Kind::cumulative};
  CHECK(abouts(claims({analyzed(published, needing)})) == Names{all[0].about, all[3].about});
}

TEST_CASE("that thoughts are needed is decided by broken against repaired answers", "[claims]") {
  const Result result = analyzed(axes, needing);
  const Claim claim = claims({result}).front();
  CHECK(claim.p == test_of(result, Contrast::baseline, {Kind::all, 3, 4}).p);
  CHECK(claim.p.value() < 1e-3);
  CHECK(claim.least_p == Approx(std::ldexp(1.0, -23)));  // 24 broken and none repaired
  CHECK(claim.design == "24 right answers");
  const std::size_t lane = *result.data.find({Kind::all, 3, 4});
  CHECK(claim.evidence == "importance of all " +
                              report::estimate_text(result.cell(0, lane).importance) +
                              ", repaired " + report::estimate_text(result.cell(0, lane).repaired));
  CHECK_THAT(claim.evidence, Contains("importance of all 0.833 [") && Contains("repaired 0.333 ["));
  // Without the set it is the last of cumulative, which repairs none here.
  LaneAxes other = axes;
  other.kinds = {Kind::cumulative, Kind::single};
  const Result without = analyzed(other, needing);
  CHECK(claims({without}).front().p ==
        test_of(without, Contrast::baseline, {Kind::cumulative, 3, 4}).p);
  other.kinds = {Kind::single};
  const Claim none = claims({analyzed(other, needing)}).front();
  CHECK_FALSE(none.p.ok());
  CHECK(none.design == "no such step set");
}

TEST_CASE("within a claim steps and layers are corrected together", "[claims]") {
  LaneAxes layers = axes;
  layers.layers = {1, 3};
  layers.include_bot = true;
  const Result result = analyzed(layers, [](std::size_t problem, const std::optional<Lane>& lane) {
    if (lane && lane->step < 0) return Grade::wrong;  // the token before them is no thought
    return lane && lane->layer == 1 ? Grade::right : *needing(problem, lane);
  });
  const auto all = claims({result});
  const Claim& single = about(all, "changing thought i alone");
  const Test& best = test_of(result, Contrast::baseline, {Kind::single, 3, 3});
  CHECK(single.p.value() == Approx(8.0 * best.p.value()));
  CHECK(single.least_p == Approx(8.0 * std::ldexp(1.0, -23)));
  CHECK(single.design == "24 right answers, 8 tests");
  CHECK_THAT(single.evidence, Contains("importance of single 3 at layer 3 0.833"));
  CHECK(
      single.evidence.ends_with(", intervals not corrected for taking the smallest p of 8 tests"));
  // Early exit changes nothing here: no discordant answer is p = 1 and not undefined.
  CHECK(about(all, "stopping after i thoughts").p == Value(1.0));
}

TEST_CASE("a claim in one direction is not shown by the other", "[claims]") {
  const Result repairing = analyzed(axes, [](std::size_t problem, const auto& lane) {
    return problem < 10 || lane ? Grade::right : Grade::wrong;
  });
  const auto all = claims({repairing});
  CHECK(test_of(repairing, Contrast::baseline, {Kind::all, 3, 4}).p.value() < 1e-4);
  CHECK(all.front().p == Value(1.0));
  CHECK(about(all, "changing thought i alone").p == Value(1.0));

  const auto trend = [](bool rising) {
    const Result result = analyzed(axes, [=](std::size_t problem, const auto& lane) {
      const bool hard = problem % 4 >= 2;
      return lane && lane->kind == Kind::single && lane->step < 2 && hard == rising ? Grade::wrong
                                                                                    : Grade::right;
    });
    return about(claims({result}), "the first thoughts matter more");
  };
  CHECK(trend(true).p.value() <= 0.01);
  CHECK(trend(true).design == "30 right answers");
  CHECK_THAT(trend(true).evidence,
             Contains("importance of the first half of the steps (single) changes by 0.4"));
  CHECK(trend(true).evidence.ends_with(" per stratum"));
  CHECK(trend(false).p == Value(1.0));
}

TEST_CASE("the design is that of the test whose p is told", "[claims]") {
  LaneAxes layers = axes;
  layers.layers = {1, 3};
  // The trend is at layer 1; at layer 3 an answer is not known and every fifth one is broken.
  const Result result =
      analyzed(layers, [](std::size_t problem, const auto& lane) -> std::optional<Grade> {
        if (!lane || lane->kind != Kind::single || lane->step >= 2) return Grade::right;
        if (lane->layer == 1) return problem % 4 >= 2 ? Grade::wrong : Grade::right;
        if (problem == 0) return std::nullopt;
        return problem % 5 == 0 ? Grade::wrong : Grade::right;
      });
  REQUIRE(test_of(result, Contrast::early_difficulty, {Kind::single, 1, 0}).units == 30);
  REQUIRE(test_of(result, Contrast::early_difficulty, {Kind::single, 3, 0}).units == 29);
  const Claim claim = about(claims({result}), "the first thoughts matter more");
  CHECK(claim.design == "30 right answers, 2 tests");
  CHECK_THAT(claim.evidence, Contains("of the steps (single at layer 1) changes by 0.4") &&
                                 Contains(" per stratum, interval not corrected for taking the "
                                          "smallest p of 2 tests"));
}

TEST_CASE("the design has the answers of the chosen test, though another has more", "[claims]") {
  Result result = analyzed(axes, needing);
  const auto first = std::find_if(result.tests.begin(), result.tests.end(), [](const Test& test) {
    return test.contrast == Contrast::early_difficulty && test.group == 0;
  });
  REQUIRE(first != result.tests.end());
  first->effect.value = 0.2;
  first->p = 0.002;
  first->units = 17;
  Test other = *first;
  other.p = 0.4;
  other.units = 24;
  result.tests.push_back(other);
  CHECK_THAT(about(claims({result}), "the first thoughts matter more").design,
             Catch::Matchers::StartsWith("17 right answers"));
}

TEST_CASE("that the halves differ is claimed in both directions", "[claims]") {
  for (const bool first : {true, false}) {
    const Result result = analyzed(axes, [=](std::size_t, const auto& lane) {
      const bool half = lane && lane->kind == Kind::single && (lane->step < 2) == first;
      return half ? Grade::wrong : Grade::right;
    });
    const Claim claim = about(claims({result}), "the first and the second half");
    CHECK(claim.p == test_of(result, Contrast::halves, {Kind::single, 3, 0}).p);
    CHECK(claim.p.value() < 0.01);
    CHECK_THAT(claim.evidence,
               Contains("importance of the first minus the second half of the steps (single) " +
                        std::string(first ? "1" : "-1")));
  }
}

TEST_CASE("the plan names the primary claim, or none", "[claims]") {
  const auto chief = [](const std::string& primary) {
    const auto all = claims({analyzed(axes, needing, primary)});
    Names names;
    for (const Claim& claim : all) {
      if (claim.role == Role::primary) names.push_back(claim.about);
    }
    return names;
  };
  CHECK(chief("needs_thought").front().starts_with("changing all thoughts breaks"));
  CHECK(chief("trend") == Names{"the first thoughts matter more for harder problems"});
  CHECK(chief("importance:single").front().starts_with("changing thought i alone"));
  CHECK(chief("importance:cumulative") ==
        Names{"changing the first i thoughts, for some i up to all, breaks more right answers than "
              "it repairs wrong ones"});
  CHECK(chief("importance:all") == chief("needs_thought"));
  CHECK(chief("importance:cumulative").size() == 1);
  CHECK(chief("").empty());
  CHECK(claims({analyzed(axes, needing, "importance:cumulative")}).size() == 6);
  // Set all under its other name: the sentence is not said twice.
  CHECK(claims({analyzed(axes, needing, "importance:all")}).size() == 5);
  LaneAxes others = axes;
  others.kinds = {Kind::leave_one};
  CHECK(
      claims({analyzed(others, needing, "importance:leave-one")}).back().about ==
      "changing all thoughts but thought i, for some i, breaks more right answers than it repairs "
      "wrong ones");
}

TEST_CASE("several runs have a primary claim each, corrected together", "[claims]") {
  std::vector<Result> results = {analyzed(axes, needing), analyzed(axes, needing)};
  results[0].label = "zero";
  results[1].label = "mean";
  const auto all = claims(results);
  CHECK(all.size() == 10);
  CHECK(all[0].about.starts_with("zero: changing all thoughts breaks"));
  CHECK(all[5].about.starts_with("mean: changing all thoughts breaks"));
  CHECK(all[0].p == claims({results[0]})[0].p);
  CHECK(all[0].p_over_runs.value() == Approx(2.0 * all[0].p.value()));
  CHECK(all[0].design == "24 right answers, 2 runs");
}

TEST_CASE("few right answers cannot show anything", "[claims]") {
  const auto few = [](std::size_t right) {
    const Result result = analyzed(axes, [=](std::size_t problem, const auto& lane) {
      return problem < right && !lane ? Grade::right : Grade::wrong;
    });
    return report::judge(claims({result})).front();
  };
  CHECK(few(4).verdict == Verdict::cannot_be_shown);
  CHECK(few(4).p.status() == Status::few_units);
  CHECK(few(5).verdict == Verdict::cannot_be_shown);  // 1/16 at least
  CHECK(few(6).verdict == Verdict::shown);
  CHECK(few(6).p == Value(1.0 / 32.0));
}

TEST_CASE("severe warnings are told with the claim", "[claims]") {
  Result result = analyzed(axes, [](std::size_t, const auto&) { return Grade::right; });
  CHECK(caveats(result) ==
        Names{"all 30 problems are right in the baseline: selected by it, or too easy"});
  CHECK(claims({result}).back().caveats == caveats(result));
  result = analyzed(axes, [](std::size_t problem, const auto& lane) -> std::optional<Grade> {
    return problem == 3 && !lane ? std::nullopt : needing(problem, lane);
  });
  CHECK(caveats(result) == Names{"1 of 30 problems have no known answer"});
  result = analyzed(axes, needing);
  result.data.published = true;
  CHECK(caveats(result) == Names{"the published run also changes the question's last token"});
  result.data.published = false;
  result.data.rows[2].complete = false;
  CHECK(caveats(result) == Names{"only 29 of 30 problems are done"});
  result.data.rows[2].complete = true;
  result.data.rows[5].baseline[0]->kl = 0.5;
  CHECK(caveats(result) == Names{"check \"baseline equals itself\" failed (largest KL 0.500)"});
}

}  // namespace phiscope::analyze::steps::claims_test
