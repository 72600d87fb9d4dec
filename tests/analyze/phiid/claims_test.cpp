// SPDX-License-Identifier: MIT
// What a report of phiid claims: which test decides, and every sentence with its numbers.
#include "phiid/claims.hpp"

#include "catch.hpp"
#include "made_up_phiid.hpp"

namespace phiscope::analyze::phiid::claims_test {

using test::made_up_phiid_run;
using Lines = std::vector<std::string>;

namespace {

DepthShape shape(double inverted_u, double u, double family_inverted_u) {
  return {.inverted_u = 0.3,
          .u = -0.8,
          .p_inverted_u = inverted_u,
          .p_u = u,
          .family_p_inverted_u = family_inverted_u,
          .family_p_u = 1.0};
}

/// Nine layers of two heads; every p-value of its own.
RunResult run_to_judge(std::optional<Primary> primary) {
  RunResult run = made_up_phiid_run("run", {0, 1, 2, 3, 4, 5, 6, 7, 8}, 2, 0.0);
  run.input.primary = primary;
  for (PromptDiagnosis& prompt : run.prompts) {
    prompt.knows_loop = true;
    prompt.after_end = 0;
    prompt.unknown = 0.0;
  }
  for (Profile& profile : run.profiles) {
    profile.first_slope = {.value = 0.8, .low = 0.6, .high = 1.0, .units = 12, .covers = "prompts"};
    profile.last_slope = {
        .value = -0.3, .low = -0.4, .high = -0.2, .units = 12, .covers = "prompts"};
  }
  run.shapes.least_p = 0.001;
  run.shapes.numbers = {shape(0.03, 0.9, 0.11), shape(0.04, 0.91, 0.12), shape(0.05, 0.92, 0.13)};
  run.surrogates.surrogates = 999;
  run.surrogates.correlation = {.observed = 0.41,
                                .mean_of_surrogates = 0.05,
                                .test = {.p_value = 0.2, .least_p = 0.002, .draws = 999}};
  for (std::size_t k = 0; k < 3; ++k) {
    HeadTests& tests = run.surrogates.tests[k];
    tests.any_p = 0.001 * static_cast<double>(k + 1);
    tests.family = 4 + k;
    tests.heads[5 + k].z = 7.5;
    tests.family_p[0] = Status::no_pairs;
  }
  return run;
}

Lines told(const RunResult& run) {
  Lines lines;
  for (const report::Judged& one : report::judge(claims(run))) {
    lines.push_back(report::sentence(one));
  }
  return lines;
}

// The sentences as they are written.
const Lines expected = {
    "Primary: balance is an inverted U over depth: shown (p = 0.030); slopes 0.800 [0.600, 1.00] "
    "first, -0.300 [-0.400, -0.200] last (95 %, 12 prompts).",
    "Exploratory: rank difference is an inverted U over depth: not shown (p = 0.12, corrected "
    "0.24); slopes 0.800 [0.600, 1.00] first, -0.300 [-0.400, -0.200] last (95 %, 12 prompts).",
    "Exploratory: synergy and redundancy of the heads correlate unlike in surrogates: not shown (p "
    "= 0.20, corrected 0.24); partial Spearman 0.410, surrogates 0.0500 on average.",
    "Exploratory: a head has more synergy than its surrogates: shown (p = 0.0010, corrected "
    "0.0040); most in 2.1 (z 7.50).",
    "Exploratory: a head has more redundancy than its surrogates: shown (p = 0.0020, corrected "
    "0.0060); most in 3.0 (z 7.50)."};
const std::string without_plan =
    "Primary by default, not named before the run: balance is an inverted U over depth: shown (p = "
    "0.030); slopes 0.800 [0.600, 1.00] first, -0.300 [-0.400, -0.200] last (95 %, 12 prompts).";
const std::string primary_u =
    "Primary: balance is a U over depth: not shown (p = 0.90); slopes 0.800 [0.600, 1.00] first, "
    "-0.300 [-0.400, -0.200] last (95 %, 12 prompts).";
const std::string best_other =
    "Exploratory: balance is an inverted U over depth: not shown (p = 0.11); slopes 0.800 [0.600, "
    "1.00] first, -0.300 [-0.400, -0.200] last (95 %, 12 prompts).";
const std::string few_layers =
    "Primary: balance is an inverted U over depth: cannot be shown with 9 layers (few_layers).";
const std::string no_surrogates =
    "Primary: a head has more redundancy than its surrogates: cannot be shown with 0 surrogates "
    "(too_few_rows).";
const std::string too_few_surrogates =
    "Primary: a head has more synergy than its surrogates: cannot be shown with 9 surrogates (no p "
    "below 0.10); most in 2.1 (z 7.50).";
const std::string two_caveats =
    "Primary: balance is an inverted U over depth: shown (p = 0.030); slopes 0.800 and -0.300, but "
    "11 of 12 prompts loop and 10 run past their end.";
const std::string all_caveats =
    "Primary by default, not named before the run: balance is an inverted U over depth: not shown "
    "(p = 0.21), but 11 of 12 prompts loop and 10 run past their end and 9 hold unknown tokens and "
    "17 of 17 heads have a trend (p = 0.030 with it, 0.21 without).";
const std::string with_trend =
    "Primary: balance is an inverted U over depth: shown (p = 0.030); slopes 0.800 [0.600, 1.00] "
    "first, -0.300 [-0.400, -0.200] last (95 %, 12 prompts), but 17 of 17 heads have a trend (p = "
    "0.030 with it, 0.020 without).";
}  // namespace

TEST_CASE("each claim has its test, its numbers and its role", "[claims]") {
  const Lines lines = told(run_to_judge(Primary::inverted_u));
  REQUIRE(lines.size() == expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i] == expected[i]);
  CHECK(told(run_to_judge(std::nullopt)).front() == without_plan);
}

TEST_CASE("what the plan names is primary, all else exploratory", "[claims]") {
  const Lines lines = told(run_to_judge(Primary::u));
  CHECK(lines[0] == primary_u);
  RunResult run = run_to_judge(Primary::u);
  run.surrogates = {};
  CHECK(told(run) == Lines{primary_u, best_other});
  const std::vector<std::pair<Primary, std::string>> named = {
      {Primary::synergy_redundancy, "Primary: synergy and redundancy of the heads correlate"},
      {Primary::surrogates_synergy, "Primary: a head has more synergy than"},
      {Primary::surrogates_redundancy, "Primary: a head has more redundancy than"}};
  for (const auto& [primary, begin] : named) {
    const Lines own = told(run_to_judge(primary));
    REQUIRE(own.size() == 4);
    CHECK_THAT(own.front(), Contains(begin));
    for (std::size_t i = 1; i < own.size(); ++i) CHECK_THAT(own[i], Contains("Exploratory: "));
  }
}

TEST_CASE("what no data of the design could show is said to be that", "[claims]") {
  RunResult run = run_to_judge(Primary::inverted_u);
  run.surrogates = {};
  for (DepthShape& shape : run.shapes.numbers) {
    shape.p_inverted_u = shape.p_u = Status::few_layers;
    shape.family_p_inverted_u = shape.family_p_u = Status::few_layers;
  }
  CHECK(told(run) == Lines{few_layers});  // and no other shape is claimed
  run.input.layers.resize(1);
  CHECK_THAT(told(run).front(), Contains("cannot be shown with 1 layer (few_layers)."));
  run.input.primary = Primary::surrogates_redundancy;
  CHECK(told(run) == Lines{no_surrogates});
  RunResult few = run_to_judge(Primary::surrogates_synergy);
  few.surrogates.surrogates = 9;
  few.surrogates.tests[0].any_p = 0.1;
  CHECK(told(few).front() == too_few_surrogates);
  few.surrogates.surrogates = 1;
  few.surrogates.tests[0].any_p = 0.5;
  CHECK_THAT(told(few).front(), Contains("cannot be shown with 1 surrogate (no p below 0.50);"));
}

TEST_CASE("severe warnings are in the sentence, and the sentence stays short", "[claims]") {
  RunResult run = run_to_judge(Primary::inverted_u);
  for (std::size_t p = 0; p < 11; ++p) run.prompts[p].loop_period = 3;
  for (std::size_t p = 0; p < 10; ++p) run.prompts[p].after_end = 1;
  CHECK(told(run).front() == two_caveats);
  for (std::size_t p = 0; p < 9; ++p) run.prompts[p].unknown = 0.5;
  for (Value& share : run.series.trend) share = share.ok() ? Value(0.5) : share;
  run.detrended = {{"balance_score inverted_u p", 0.21}};
  run.input.primary.reset();
  CHECK(told(run).front() == all_caveats);
  for (const std::string& line : told(run)) CHECK(line.size() <= 260);
  // The larger p-value decides, whichever it is.
  RunResult both = run_to_judge(Primary::inverted_u);
  both.series.trend = run.series.trend;
  both.detrended = {{"balance_score inverted_u p", 0.02}};
  CHECK(told(both).front() == with_trend);
  // One prompt of twelve is told by a warning only.
  RunResult one = run_to_judge(Primary::inverted_u);
  one.prompts[0].loop_period = 3;
  CHECK(told(one).front() == expected.front());
}

TEST_CASE("severe warnings are shares of the prompts that were checked", "[claims]") {
  RunResult run = run_to_judge(Primary::inverted_u);
  run.prompts[0].loop_period = 3;
  run.prompts[10].knows_loop = run.prompts[11].knows_loop = false;
  CHECK_THAT(told(run).front(), Contains("(95 %, 12 prompts), but 1 of 10 checked prompts loop."));
  for (std::size_t p = 0; p < 9; ++p) run.prompts[p].after_end = 1;
  for (std::size_t p = 0; p < 8; ++p) run.prompts[p].unknown = 0.5;
  run.prompts[11].unknown.reset();
  CHECK_THAT(told(run).front(),
             Contains("but 1 of 10 checked prompts loop and 9 of 12 prompts run past their end "
                      "and 8 of 11 checked prompts hold unknown tokens."));
}

}  // namespace phiscope::analyze::phiid::claims_test
