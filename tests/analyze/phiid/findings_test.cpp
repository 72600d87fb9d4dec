// SPDX-License-Identifier: MIT
// What the report of phiid finds, in words: every sentence with every number in it.
#include "phiid/findings.hpp"

#include "catch.hpp"
#include "made_up_phiid.hpp"
#include "phiid/figures.hpp"

namespace phiscope::analyze::phiid::findings_test {

using test::made_up_phiid_run;

namespace {

Estimate estimate(double value, double low, double high) {
  return {.value = value, .low = low, .high = high, .units = 12, .covers = "prompts"};
}

Profile& profile_of(RunResult& run, const std::string& measure) {
  for (Profile& profile : run.profiles) {
    if (profile.measure == measure) return profile;
  }
  throw std::runtime_error("no profile " + measure);
}

void set_profile(RunResult& run, const std::string& measure, double from) {
  Profile& profile = profile_of(run, measure);
  profile.first = estimate(from + 0.01, from, from + 0.02);
  profile.middle = estimate(from + 0.11, from + 0.1, from + 0.12);
  profile.last = {.value = from + 0.21};
  profile.first_slope = estimate(from + 0.31, from + 0.3, from + 0.32);
  profile.last_slope = {.value = Status::constant};
}

/// Round numbers of their own wherever a sentence looks.
RunResult run_to_tell_of() {
  RunResult run = made_up_phiid_run("run", {0, 2, 5}, 4, 0.0);
  set_profile(run, "balance_score", 1.0);
  set_profile(run, "rank_difference_score", 2.0);
  set_profile(run, "tdmi_score", 3.0);
  run.correlations[0].spearman = estimate(-0.5, -0.6, -0.4);
  run.correlations[0].pearson = estimate(-0.3, -0.35, -0.25);
  run.correlations[1].spearman = {.value = 0.7};
  run.correlations.push_back({.over = "head",
                              .first = "avg_synergy",
                              .second = "avg_redundancy",
                              .given = "autocorrelation and head_norm",
                              .n = 20,
                              .spearman = {.value = 0.41},
                              .pearson = {}});
  run.correlations[1].pearson = {.value = 0.8};
  run.correlations[3].spearman = {.value = 0.21};
  run.correlations[3].pearson = {.value = Status::constant};
  run.graphs[0] = {.edges = "sts",
                   .n_edges = 60,
                   .mean_weight = 9.0,
                   .global_efficiency = 0.041,
                   .relative_efficiency = 0.51,
                   .modularity = 0.32,
                   .communities = 4,
                   .layer_modularity = -0.062};
  run.graphs[1] = {.edges = "rtr",
                   .n_edges = 61,
                   .mean_weight = 9.5,
                   .global_efficiency = 0.052,
                   .relative_efficiency = 0.61,
                   .modularity = 0.43,
                   .communities = 5,
                   .layer_modularity = 0.071};
  const std::vector<double> balance = {0.5, 0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 1.0, 0.0, 0.6, 0.95, 0.4};
  auto& scores = run.scores.score[static_cast<std::size_t>(Ranking::balance)];
  for (std::size_t head = 0; head < balance.size(); ++head) scores[head] = balance[head];
  scores[10] = Status::no_pairs;
  for (std::size_t k = 0; k < 3; ++k) {
    run.surrogates.tests[k].tested = 11 + k;
    run.surrogates.tests[k].below_5_percent = 6 + k;
    run.surrogates.tests[k].holm = 1 + k;
    run.surrogates.tests[k].family = 3 + k;
  }
  return run;
}

// The sentences as they are written.
const std::vector<std::string> expected = {
    "Mean balance_score of the first, middle and last third of the layers: 1.01 [1.00, 1.02], 1.11 "
    "[1.10, 1.12], 1.21 (95 %, 12 prompts).",
    "Mean rank_difference_score of the first, middle and last third of the layers: 2.01 [2.00, "
    "2.02], 2.11 [2.10, 2.12], 2.21 (95 %, 12 prompts).",
    "Mean tdmi_score of the first, middle and last third of the layers: 3.01 [3.00, 3.02], 3.11 "
    "[3.10, 3.12], 3.21 (95 %, 12 prompts).",
    "Over 20 heads, synergy and redundancy: Spearman -0.500 [-0.600, -0.400] (95 %, 12 prompts); "
    "0.410 given lag-1 autocorrelation and head norm.",
    "Spearman with the heads' autocorrelation: avg_synergy 0.700.",
    "Over 23 pairs of heads, sts and rtr: Spearman 0.210, Pearson undefined (constant).",
    "Most synergistic heads by balance (layer.head): 2.3, 0.1, 0.3, 2.1, 5.1; most redundant: "
    "5.0, 0.2, 2.0, 2.2, 5.3.",
    "Heads with p <= 0.05 against their surrogates, each by itself (at most 5 % by chance): "
    "synergy 6 of 11, redundancy 7 of 12, balance 8 of 13.",
    "19 surrogates give no p below 0.050. Over 11 heads Holm's correction cannot reach 0.05 (219 "
    "needed), the largest statistic can (19 needed).",
    "Network of sts: global efficiency 0.0410 nats (relative to the largest weight 0.510), "
    "modularity 0.320 with 4 communities, -0.0620 of the layers.",
    "Network of rtr: global efficiency 0.0520 nats (relative to the largest weight 0.610), "
    "modularity 0.430 with 5 communities, 0.0710 of the layers."};
const std::string enough =
    "219 surrogates give no p below 0.0045. Over 11 heads Holm's correction can reach 0.05 (219 "
    "needed), the largest statistic can (19 needed).";
const std::string too_few =
    "18 surrogates give no p below 0.053. Over 11 heads Holm's correction cannot reach 0.05 (219 "
    "needed), the largest statistic cannot (19 needed).";
const std::string no_head = "With 18 surrogates no head can have p <= 0.05.";
const std::string no_head_of_one = "With 1 surrogate no head can have p <= 0.05.";
const std::string one_surrogate =
    "1 surrogate gives no p below 0.50. Over 11 heads Holm's correction cannot reach 0.05 (219 "
    "needed), the largest statistic cannot (19 needed).";
const std::string synergy =
    "Synergy is the atom sts of a pair of heads: what the past of both tells only together about "
    "what the futures of both show only together. It is what the other 15 atoms leave of the "
    "information, in nats.";
const std::string without_trend =
    "Without the linear trend of every series (detrended.csv): balance_score of the thirds 1.01 -> "
    "0.500, 1.11 -> no_pairs, 1.21 -> 0.700, Spearman of synergy and redundancy -0.500 -> -0.100, "
    "mean sts 0.250 -> 0.200, mean rtr 0.125 -> 0.100.";
const std::string with_random_weights =
    "With random weights (null_weights.csv): balance_score of the thirds 1.01 -> 1.01, 1.11 -> "
    "1.11, 1.21 -> 1.21, Spearman of synergy and redundancy -0.500 -> 0.900, mean sts 0.250 -> "
    "0.500, mean rtr 0.125 -> no_pairs.";
const std::string other_ways =
    "The order of the heads by balance_score under 2 other choices of lag, trend, redundancy and "
    "kind (sensitivity.csv): Spearman -0.200 to 0.600 with this one.";
const std::string no_scores = "No head has a balance score.";
const std::string no_graphs =
    "No graph measures: 12 heads are more than --graph-limit 11; they take heads^3 steps.";

}  // namespace

TEST_CASE("every finding has its numbers", "[findings]") {
  const auto lines = findings(run_to_tell_of(), {});
  REQUIRE(lines.size() == expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i] == expected[i]);
}

TEST_CASE("what cannot be told is said to be missing", "[findings]") {
  RunResult run = run_to_tell_of();
  for (Value& score : run.scores.score[static_cast<std::size_t>(Ranking::balance)]) {
    score = Status::no_pairs;
  }
  run.graphs.clear();
  run.surrogates = {};
  Options options;
  options.graph_limit = 11;
  const auto lines = findings(run, options);
  REQUIRE(lines.size() == 8);
  CHECK(lines[6] == no_scores);
  CHECK(lines[7] == no_graphs);
}

TEST_CASE("Holm's correction is told where it can reach its level", "[findings]") {
  RunResult run = run_to_tell_of();
  run.surrogates.surrogates = 219;
  CHECK(findings(run, {})[8] == enough);
  run.surrogates.surrogates = 18;
  CHECK(findings(run, {})[8] == too_few);
}

TEST_CASE("how many heads have a small p is told where any can have one", "[findings]") {
  RunResult run = run_to_tell_of();
  CHECK(findings(run, {})[7] == expected[7]);
  run.surrogates.surrogates = 18;
  CHECK(findings(run, {})[7] == no_head);
  run.surrogates.surrogates = 1;
  CHECK(findings(run, {})[7] == no_head_of_one);
  CHECK(findings(run, {})[8] == one_surrogate);
  run.graphs[0].communities = 1;
  CHECK_THAT(findings(run, {})[9], Contains("modularity 0.320 with 1 community, -0.0620"));
}

TEST_CASE("synergy is defined by both of its sides", "[findings]") {
  CHECK(definitions(run_to_tell_of(), {}).front() == synergy);
}

TEST_CASE("other ways and other weights are told beside the run", "[findings]") {
  RunResult run = run_to_tell_of();
  run.bias.mean_sts = 0.25;
  run.bias.mean_rtr = 0.125;
  RunResult null = run;
  null.correlations[0].spearman.value = 0.9;
  null.bias.mean_sts = 0.5;
  null.bias.mean_rtr = Status::no_pairs;
  run.detrended = {{"balance_score first third", 0.5},
                   {"balance_score last third", 0.7},
                   {"spearman avg_synergy avg_redundancy", -0.1},
                   {"mean sts", 0.2},
                   {"mean rtr", 0.1}};
  run.null_weights = {null};
  run.sensitivity = {{.rank_correlation = 1.0},  // the way of the run
                     {.lag = 2, .rank_correlation = 0.6},
                     {.kind = PhiidKind::discrete, .rank_correlation = -0.2},
                     {.lag = 4, .rank_correlation = Status::constant}};
  const auto lines = findings(run, {});
  CHECK(lines[7] == without_trend);
  CHECK(lines[8] == with_random_weights);
  CHECK(lines[9] == other_ways);
  for (const std::string& line : lines) CHECK(line.size() <= 260);
}

TEST_CASE("efficiency is told in the unit of the analysis", "[findings]") {
  Options options;
  options.phiid.kind = PhiidKind::discrete;
  CHECK_THAT(findings(run_to_tell_of(), options)[9], Contains("0.0410 bits (relative"));
}

}  // namespace phiscope::analyze::phiid::findings_test
