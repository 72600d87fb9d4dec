// SPDX-License-Identifier: MIT
// Every cell of every table against the number that belongs there.
#include "phiid/tables.hpp"

#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "made_up_phiid.hpp"

#include <nlohmann/json.hpp>

namespace phiscope::analyze::phiid::tables_test {

using test::made_up_phiid_run;
using test::table_of;
using test::TableRows;

namespace {

std::string text(const Value& value) {
  return value.ok() ? number_text(value.value()) : "";
}
std::string text(std::size_t count) {
  return std::to_string(count);
}

std::string ci_status(const Estimate& estimate) {
  return std::string(status_name(estimate.low.status()));
}

RunResult small_run() {
  return made_up_phiid_run("run", {0, 2, 5}, 4, 0.0);
}

void check_estimate(const TableRows& rows, const std::vector<std::string>& key,
                    const Estimate& expected, const std::string& value, const std::string& low,
                    const std::string& high) {
  CHECK(rows.text(key, value) == text(expected.value));
  CHECK(rows.text(key, low) == text(expected.low));
  CHECK(rows.text(key, high) == text(expected.high));
}

}  // namespace

TEST_CASE("rankings.csv has each head's numbers under their names", "[tables]") {
  RunResult run = small_run();
  const TableRows rows(table_of(tables(run, {}), "rankings.csv"), {"layer", "head_in_layer"});
  REQUIRE(rows.size() == 12);
  const HeadScores& scores = run.scores;
  for (std::size_t head = 0; head < 12; ++head) {
    CAPTURE(head);
    const std::int64_t layer = run.input.layers[head / 4];
    const std::vector<std::string> key = {std::to_string(layer), text(head % 4)};
    const auto cell = [&](const std::string& column) { return rows.text(key, column); };
    CHECK(cell("head_idx") == std::to_string(4 * layer + static_cast<std::int64_t>(head % 4)));
    CHECK(cell("avg_synergy") == text(scores.synergy[head]));
    CHECK(cell("avg_redundancy") == text(scores.redundancy[head]));
    const bool is_dead = head == 10;
    CHECK(cell("syn_rank") == (is_dead ? "" : text(scores.synergy_rank[head])));
    CHECK(cell("red_rank") == (is_dead ? "" : text(scores.redundancy_rank[head])));
    CHECK(cell("syn_balance") == text(scores.balance[head]));
    CHECK(cell("autocorrelation") == text(run.series.autocorrelation[head]));
    CHECK(cell("head_norm") == text(run.series.level[head]));
    CHECK(cell("trend_share") == text(run.series.trend[head]));
    CHECK(cell("n_pairs_ok") == text(scores.n_pairs[head]));
    CHECK(cell("status") == (is_dead ? "no_pairs" : "ok"));
    const std::vector<std::string> columns = {"balance_score", "rank_difference_score",
                                              "tdmi_score"};
    const std::vector<std::string> tested = {"synergy", "redundancy", "balance"};
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(cell(columns[k]) == text(scores.score[k][head]));
      CHECK(cell(columns[k] + "_low") == text(run.intervals[k][head].low));
      CHECK(cell(columns[k] + "_high") == text(run.intervals[k][head].high));
      CHECK(cell(tested[k] + "_z") == text(run.surrogates.tests[k].heads[head].z));
      CHECK(cell(tested[k] + "_p") == text(run.surrogates.tests[k].heads[head].p));
      CHECK(cell(tested[k] + "_p_family") == text(run.surrogates.tests[k].family_p[head]));
      CHECK(cell(columns[k] + "_ci_status") == ci_status(run.intervals[k][head]));
    }
  }
  run.surrogates = {};
  CHECK_THROWS(TableRows(table_of(tables(run, {}), "rankings.csv"), {"synergy_z"}));
}

TEST_CASE("profiles have layers, thirds and the parabola of each run", "[tables]") {
  const std::vector<RunResult> runs = {small_run(),
                                       made_up_phiid_run("other", {1, 3, 4, 8}, 3, 1000.0)};
  const TableRows rows(profile_table(runs, true).table, {"run", "measure", "part", "name"});
  CHECK(rows.size() == 7 * (3 + 9) + 7 * (4 + 9));
  for (const RunResult& run : runs) {
    for (const Profile& profile : run.profiles) {
      const auto check = [&](const std::string& part, const std::string& name,
                             const Estimate& expected) {
        const std::vector<std::string> key = {run.input.label, profile.measure, part, name};
        CAPTURE(run.input.label, profile.measure, part, name);
        check_estimate(rows, key, expected, "value", "ci_low", "ci_high");
        CHECK(rows.text(key, "ci_status") == ci_status(expected));
        CHECK(rows.text(key, "ci_covers") == (expected.value.ok() ? "prompts" : ""));
        CHECK(rows.text(key, "ci_units") == (expected.value.ok() ? "12" : "0"));
        return key;
      };
      for (std::size_t layer = 0; layer < run.input.layers.size(); ++layer) {
        const auto key =
            check("layer", std::to_string(run.input.layers[layer]), profile.layers[layer]);
        CHECK(rows.text(key, "depth") == number_text(profile.depth[layer]));
        CHECK(rows.text(key, "n_heads_ok") == text(profile.n_ok[layer]));
      }
      check("third", "first", profile.first);
      check("third", "middle", profile.middle);
      check("third", "last", profile.last);
      check("third", "middle_minus_outer", profile.contrast);
      check("quadratic", "curvature", profile.curvature);
      check("quadratic", "first_slope", profile.first_slope);
      check("quadratic", "last_slope", profile.last_slope);
      check("quadratic", "vertex", profile.vertex);
      check("quadratic", "r_squared", profile.explained);
    }
  }
  CHECK(profile_table(runs, true).file == "profiles.csv");
  CHECK(profile_table(std::span(runs).first(1), false).file == "profile.csv");
}

TEST_CASE("correlations and networks lie in their rows", "[tables]") {
  const RunResult run = small_run();
  const auto all = tables(run, {});
  const TableRows correlations(table_of(all, "correlations.csv"), {"over", "first", "second"});
  REQUIRE(correlations.size() == run.correlations.size());
  for (const auto& one : run.correlations) {
    const std::vector<std::string> key = {one.over, one.first, one.second};
    CHECK(correlations.text(key, "n") == text(one.n));
    check_estimate(correlations, key, one.spearman, "spearman", "spearman_low", "spearman_high");
    check_estimate(correlations, key, one.pearson, "pearson", "pearson_low", "pearson_high");
    CHECK(correlations.text(key, "given") == one.given);
    CHECK(correlations.text(key, "spearman_ci_status") == ci_status(one.spearman));
    CHECK(correlations.text(key, "pearson_ci_status") == ci_status(one.pearson));
    CHECK(correlations.text(key, "ci_units") == text(one.spearman.units));
    CHECK(correlations.text(key, "ci_covers") == std::string(one.spearman.covers));
  }
  const TableRows graphs(table_of(all, "graph.csv"), {"edges"});
  REQUIRE(graphs.size() == 2);
  for (const Graph& graph : run.graphs) {
    const auto cell = [&](const std::string& column) { return graphs.text({graph.edges}, column); };
    CHECK(cell("heads") == "12");
    CHECK(cell("n_edges") == text(graph.n_edges));
    CHECK(cell("mean_weight") == text(graph.mean_weight));
    CHECK(cell("global_efficiency") == text(graph.global_efficiency));
    CHECK(cell("relative_efficiency") == text(graph.relative_efficiency));
    CHECK(cell("modularity") == text(graph.modularity));
    CHECK(cell("communities") == text(graph.communities));
    CHECK(cell("layer_modularity") == text(graph.layer_modularity));
  }
}

TEST_CASE("prompts and broken series are described", "[tables]") {
  RunResult run = small_run();
  run.prompts[3] = {.id = "prompt3",
                    .category = "odd",
                    .steps = 77,
                    .knows_loop = true,
                    .loop_period = 7,
                    .after_end = 9,
                    .unknown = 0.25,
                    .constant = 2,
                    .nonfinite = 4};
  run.prompts[4].knows_loop = true;
  run.series.broken = {{.prompt = 3, .head = 5, .status = Status::constant_series},
                       {.prompt = 8, .head = 11, .status = Status::nonfinite}};
  const auto all = tables(run, {});
  const TableRows prompts(table_of(all, "diagnostics.csv"), {"prompt"});
  const auto row = [&](const std::string& prompt) {
    std::vector<std::string> texts;
    for (const char* column :
         {"id", "category", "steps", "loops", "loop_period", "tokens_after_end", "unknown_share",
          "constant_series", "nonfinite_series"}) {
      texts.push_back(prompts.text({prompt}, column));
    }
    return texts;
  };
  using Texts = std::vector<std::string>;
  CHECK(row("2") == Texts{"prompt2", "even", "62", "", "", "", "", "0", "0"});
  CHECK(row("3") == Texts{"prompt3", "odd", "77", "1", "7", "9", "0.25", "2", "4"});
  CHECK(row("4") == Texts{"prompt4", "even", "64", "0", "", "", "", "0", "0"});
  const TableRows broken(table_of(all, "undefined_series.csv"), {"prompt"});
  REQUIRE(broken.size() == 2);
  CHECK(broken.text({"3"}, "id") == "prompt3");
  CHECK(broken.text({"3"}, "head_idx") == "9");  // layer 2, head 1 of 4
  CHECK(broken.text({"3"}, "layer") == "2");
  CHECK(broken.text({"3"}, "head_in_layer") == "1");
  CHECK(broken.text({"3"}, "status") == "constant_series");
  CHECK(broken.text({"8"}, "head_idx") == "23");
  CHECK(broken.text({"8"}, "status") == "nonfinite");
}

TEST_CASE("both shapes of each ranking have a row in shape.csv", "[tables]") {
  RunResult run = small_run();
  run.shapes.numbers[2].p_u = run.shapes.numbers[2].u = run.shapes.numbers[2].family_p_u =
      Status::few_layers;
  const TableRows rows(table_of(tables(run, {}), "shape.csv"), {"measure", "shape"});
  REQUIRE(rows.size() == 6);
  const std::vector<std::string> measures = {"balance_score", "rank_difference_score",
                                             "tdmi_score"};
  for (std::size_t k = 0; k < 3; ++k) {
    const DepthShape& shape = run.shapes.numbers[k];
    const auto check = [&](const std::string& name, const Value& statistic, const Value& p,
                           const Value& family) {
      const std::vector<std::string> key = {measures[k], name};
      CHECK(rows.text(key, "statistic") == text(statistic));
      CHECK(rows.text(key, "p") == text(p));
      CHECK(rows.text(key, "p_family") == text(family));
      CHECK(rows.text(key, "least_p") == "0.001");
      CHECK(rows.text(key, "status") == (p.ok() ? "ok" : "few_layers"));
    };
    check("inverted_u", shape.inverted_u, shape.p_inverted_u, shape.family_p_inverted_u);
    check("u", shape.u, shape.p_u, shape.family_p_u);
  }
}

TEST_CASE("comparisons stand side by side, number by number", "[tables]") {
  RunResult run = small_run();
  run.bias.mean_sts = 0.5;
  CHECK_THROWS(table_of(tables(run, {}), "detrended.csv"));
  CHECK_THROWS(table_of(tables(run, {}), "null_weights.csv"));
  CHECK_THROWS(table_of(tables(run, {}), "sensitivity.csv"));
  run.detrended = {{"mean sts", 0.25}, {"mean rtr", 0.125}};
  run.null_weights = {small_run()};
  run.null_weights[0].bias.mean_sts = 0.75;
  run.sensitivity = {{.lag = 2,
                      .detrend = Detrend::difference,
                      .redundancy = Redundancy::ccs,
                      .kind = PhiidKind::discrete,
                      .heads = 11,
                      .rank_correlation = 0.375},
                     {.rank_correlation = Status::too_few_rows}};
  const auto all = tables(run, {});
  const TableRows detrended(table_of(all, "detrended.csv"), {"number"});
  CHECK(detrended.size() == key_numbers(run).size());
  CHECK(detrended.text({"mean sts"}, "plain") == "0.5");
  CHECK(detrended.text({"mean sts"}, "detrended") == "0.25");
  CHECK(detrended.text({"mean sts"}, "difference") == "-0.25");
  CHECK(detrended.text({"mean rtr"}, "plain").empty());
  CHECK(detrended.text({"mean rtr"}, "difference").empty());
  const TableRows null(table_of(all, "null_weights.csv"), {"number"});
  CHECK(null.text({"mean sts"}, "run") == "0.5");
  CHECK(null.text({"mean sts"}, "random_weights") == "0.75");
  const TableRows ways(table_of(all, "sensitivity.csv"), {"lag"});
  CHECK(ways.text({"2"}, "detrend") == "difference");
  CHECK(ways.text({"2"}, "redundancy") == "ccs");
  CHECK(ways.text({"2"}, "kind") == "discrete");
  CHECK(ways.text({"2"}, "n") == "11");
  CHECK(ways.text({"2"}, "spearman") == "0.375");
  CHECK(ways.text({"1"}, "detrend") == "none");
  CHECK(ways.text({"1"}, "redundancy") == "mmi");
  CHECK(ways.text({"1"}, "kind") == "gaussian");
  CHECK(ways.text({"1"}, "spearman").empty());
}

TEST_CASE("diagnostics.json has the bias, the counts and the tests", "[tables]") {
  RunResult run = small_run();
  run.bias = {.transitions = 41,
              .effective = 12.5,
              .tdmi_bias = 0.25,
              .tdmi_bias_effective = 0.5,
              .mean_tdmi = 0.75,
              .mean_sts = 1.25,
              .mean_rtr = Status::no_pairs,
              .corrected = true};
  run.matrices.counts = {
      .ok = 1, .too_short = 2, .constant_series = 3, .nonfinite = 4, .singular = 5};
  run.matrices.pairs_ok_in_all = 44;
  run.matrices.pairs_ok = 55;
  run.warnings = {"one", "two"};
  for (std::size_t k = 0; k < 3; ++k) {
    run.surrogates.tests[k].tested = 10 + k;
    run.surrogates.tests[k].below_5_percent = 5 + k;
    run.surrogates.tests[k].holm = 1 + k;
    run.surrogates.tests[k].family = 3 + k;
  }
  run.series.trend[3] = 0.2;
  run.prompts[5].unknown = 0.06;
  run.prompts[6].unknown = 0.04;
  const auto json = diagnostics_json(run, {});
  CHECK(json["bias"] == nlohmann::ordered_json({{"unit", "nats"},
                                                {"transitions", 41},
                                                {"effective_transitions", 12.5},
                                                {"tdmi_bias", 0.25},
                                                {"tdmi_bias_effective", 0.5},
                                                {"mean_tdmi", 0.75},
                                                {"mean_sts", 1.25},
                                                {"mean_rtr", nullptr},
                                                {"corrected", true}}));
  CHECK(json["pairs"]["decompositions"] == nlohmann::ordered_json({{"ok", 1},
                                                                   {"too_short", 2},
                                                                   {"constant_series", 3},
                                                                   {"nonfinite", 4},
                                                                   {"singular", 5}}));
  CHECK(json["pairs"]["pairs"] == 66);
  CHECK(json["pairs"]["ok_in_some_prompt"] == 55);
  CHECK(json["pairs"]["ok_in_all_prompts"] == 44);
  CHECK(json["warnings"] == nlohmann::ordered_json({"one", "two"}));
  CHECK(json["bootstrap_resamples"] == 200);
  CHECK(json["series"]["heads_with_trend"] == 1);
  CHECK(json["prompts"]["with_unknown_tokens"] == nlohmann::ordered_json({"prompt5"}));
  CHECK(json["series"]["dead_heads"] == nlohmann::ordered_json({22}));
  const std::vector<std::string> tested = {"synergy", "redundancy", "balance"};
  CHECK(json["surrogates"]["n"] == 19);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(json["surrogates"][tested[k]]["tested"] == 10 + k);
    CHECK(json["surrogates"][tested[k]]["p_at_most_0.05"] == 5 + k);
    CHECK(json["surrogates"][tested[k]]["holm_p_at_most_0.05"] == 1 + k);
    CHECK(json["surrogates"][tested[k]]["family_p_at_most_0.05"] == 3 + k);
  }
}

}  // namespace phiscope::analyze::phiid::tables_test
