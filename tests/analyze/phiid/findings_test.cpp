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
  return {.value = value, .low = low, .high = high};
}

Profile& profile_of(RunResult& run, const std::string& measure) {
  for (Profile& profile : run.profiles) {
    if (profile.measure == measure) return profile;
  }
  throw std::runtime_error("no profile " + measure);
}

void set_profile(RunResult& run, const std::string& measure, Shape shape, double from) {
  Profile& profile = profile_of(run, measure);
  profile.shape = shape;
  profile.first = estimate(from + 0.01, from, from + 0.02);
  profile.middle = estimate(from + 0.11, from + 0.1, from + 0.12);
  profile.last = {.value = from + 0.21};
  profile.first_slope = estimate(from + 0.31, from + 0.3, from + 0.32);
  profile.last_slope = {.value = Status::constant};
}

/// Round numbers of their own wherever a sentence looks.
RunResult run_to_tell_of() {
  RunResult run = made_up_phiid_run("run", {0, 2, 5}, 4, 0.0);
  set_profile(run, "balance_score", Shape::inverted_u, 1.0);
  set_profile(run, "rank_difference_score", Shape::u, 2.0);
  set_profile(run, "tdmi_score", Shape::neither, 3.0);
  run.correlations[0].spearman = estimate(-0.5, -0.6, -0.4);
  run.correlations[0].pearson = estimate(-0.3, -0.35, -0.25);
  run.correlations[1].spearman = {.value = 0.7};
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
  }
  return run;
}

// The sentences as they are written.
const std::vector<std::string> expected = {
    "Profile of balance_score over depth: an inverted U. First, middle, last third of the layers: "
    "1.01 [1.00, 1.02], 1.11 [1.10, 1.12], 1.21; slope of the parabola at the first layer 1.31 "
    "[1.30, 1.32], at the last undefined (constant).",
    "Profile of rank_difference_score over depth: a U. First, middle, last third of the layers: "
    "2.01 [2.00, 2.02], 2.11 [2.10, 2.12], 2.21; slope of the parabola at the first layer 2.31 "
    "[2.30, 2.32], at the last undefined (constant).",
    "Profile of tdmi_score over depth: neither clearly an inverted U nor clearly a U. First, "
    "middle, "
    "last third of the layers: 3.01 [3.00, 3.02], 3.11 [3.10, 3.12], 3.21; slope of the parabola "
    "at the first layer 3.31 [3.30, 3.32], at the last undefined (constant).",
    "Over 20 heads, avg_synergy and avg_redundancy: Spearman -0.500 [-0.600, -0.400], Pearson "
    "-0.300 [-0.350, -0.250].",
    "Over 21 heads, avg_synergy and autocorrelation: Spearman 0.700, Pearson 0.800.",
    "Over 23 pairs, sts and rtr: Spearman 0.210, Pearson undefined (constant).",
    "Most synergistic heads by balance (layer.head): 2.3, 0.1, 0.3, 2.1, 5.1; most redundant: "
    "5.0, 0.2, 2.0, 2.2, 5.3.",
    "Network of sts: global efficiency 0.0410 nats (relative to the largest weight 0.510), "
    "modularity 0.320 with 4 communities, -0.0620 of the layers.",
    "Network of rtr: global efficiency 0.0520 nats (relative to the largest weight 0.610), "
    "modularity 0.430 with 5 communities, 0.0710 of the layers.",
    "Larger synergy than in surrogates (p <= 0.05): 6 of 11 heads, 1 after Holm's correction; 19 "
    "surrogates give no p below 0.050.",
    "Larger redundancy than in surrogates (p <= 0.05): 7 of 12 heads, 2 after Holm's correction; "
    "19 surrogates give no p below 0.050.",
    "Larger balance than in surrogates (p <= 0.05): 8 of 13 heads, 3 after Holm's correction; 19 "
    "surrogates give no p below 0.050."};
const std::string no_shape =
    "over depth: not tested for its shape (it needs intervals and three layers). First";
const std::string no_scores = "No head has a balance score.";
const std::string no_graphs = "No graph measures: 12 heads are more than --graph-limit 11.";

}  // namespace

TEST_CASE("every finding has its numbers", "[findings]") {
  const auto lines = findings(run_to_tell_of(), {});
  REQUIRE(lines.size() == expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i] == expected[i]);
}

TEST_CASE("what cannot be told is said to be missing", "[findings]") {
  RunResult run = run_to_tell_of();
  profile_of(run, "balance_score").shape = Shape::unknown;
  for (Value& score : run.scores.score[static_cast<std::size_t>(Ranking::balance)]) {
    score = Status::no_pairs;
  }
  run.graphs.clear();
  run.surrogates = {};
  Options options;
  options.graph_limit = 11;
  const auto lines = findings(run, options);
  REQUIRE(lines.size() == 8);
  CHECK_THAT(lines[0], Contains(no_shape));
  CHECK(lines[6] == no_scores);
  CHECK(lines[7] == no_graphs);
}

TEST_CASE("efficiency is told in the unit of the analysis", "[findings]") {
  Options options;
  options.phiid.kind = PhiidKind::discrete;
  CHECK_THAT(findings(run_to_tell_of(), options)[7], Contains("0.0410 bits (relative"));
}

}  // namespace phiscope::analyze::phiid::findings_test
