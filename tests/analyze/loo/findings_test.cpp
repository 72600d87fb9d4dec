// SPDX-License-Identifier: MIT
// What the report of loo says in words: every sentence with every number in it.
#include "loo/findings.hpp"

#include "catch.hpp"
#include "loo/report.hpp"
#include "made_up_loo.hpp"

namespace phiscope::analyze::loo::findings_test {

using test::made_up_loo_runs;

namespace {

Aggregate ratio(double mean, double low, double high) {
  Aggregate result;
  result.mean = mean;
  result.low = low;
  result.high = high;
  return result;
}

Aggregate& ratio_at(RunResult& run, std::size_t condition, std::size_t length, Scale scale) {
  const std::size_t last = run.info.layers.size() - 1;
  return run.levels[run.level_index(condition, length, last, scale, 0)];
}

/// Both runs of made_up_loo_runs() with round numbers where the sentences look, and with a last
/// layer of the same number.
std::vector<RunResult> runs_to_tell_of() {
  auto runs = made_up_loo_runs();
  runs[0].info.layers.back() = 2;
  const std::size_t longest = 2;
  ratio_at(runs[0], 0, longest, Scale::absolute) = ratio(1.78, 1.6, 1.953);
  ratio_at(runs[0], 0, longest, Scale::relative) = ratio(1.32, 1.1, 1.4);
  ratio_at(runs[0], 1, longest, Scale::absolute) = ratio(1.01, 0.9, 1.1);
  ratio_at(runs[0], 1, longest, Scale::relative).mean = Status::constant;
  ratio_at(runs[1], 0, longest, Scale::absolute) = ratio(0.004, -0.004, 0.006);
  ratio_at(runs[1], 0, longest, Scale::relative) = ratio(2.5, 2, 3);
  ratio_at(runs[1], 1, longest, Scale::absolute) = {};
  ratio_at(runs[1], 1, longest, Scale::relative) = {};
  ratio_at(runs[1], 1, longest, Scale::absolute).undefined = {0, 3, 1, 0, 0, 0};
  ratio_at(runs[0], 0, 0, Scale::absolute) = ratio(5.25, 5, 5.5);
  ratio_at(runs[0], 1, 0, Scale::absolute) = ratio(6.25, 6, 6.5);
  ratio_at(runs[0], 1, 0, Scale::absolute).high = Status::too_few_rows;  // no interval
  ratio_at(runs[1], 0, 0, Scale::absolute) = ratio(7.25, 7, 7.5);
  ratio_at(runs[1], 1, 0, Scale::absolute) = ratio(8.25, 8, 8.5);
  const std::vector<std::vector<double>> shares = {
      {0.99, 0.1, 0.3}, {0.98, 0.5, 0.62}, {0.97, 0.2, 0.41, 0.31}, {0, 0, 0, 0}};
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t layer = 0; layer < shares[i].size(); ++layer) {
      auto& fit = runs[i / 2].position_zero[i % 2 * shares[i].size() + layer];
      fit.explained = i == 3 ? Value(Status::constant) : Value(shares[i][layer]);
    }
  }
  return runs;
}

// The sentences as they are written.
const std::string longest_begins =
    "Cross / within distance, above 1 where words of a cluster are closer together, ";
const std::string shortest_begins = "The same at N = 6, where position 0 weighs most: ";
const std::string zero_begins =
    "Share of the ratio influences that a model of position 0 alone explains, median layer: ";

}  // namespace

TEST_CASE("findings of two runs tell the ratios and the share of position 0", "[findings]") {
  const auto lines = findings(runs_to_tell_of());
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == longest_begins +
                        "last layer (2), N = 20: "
                        "semantic: 1.78 [1.60, 1.95] (1.32 times the embedding's) with sink keep; "
                        "unrelated: 1.01 [0.90, 1.10] with sink keep, "
                        "0.00 [0.00, 0.01] (2.50 times the embedding's) with sink drop; "
                        "other: undefined (no_within_pairs) with sink drop.");
  CHECK(lines[1] == shortest_begins +
                        "semantic: 5.25 [5.00, 5.50] with sink keep; "
                        "unrelated: 6.25 with sink keep, 7.25 [7.00, 7.50] with sink drop; "
                        "other: 8.25 [8.00, 8.50] with sink drop.");
  CHECK(lines[2] ==
        zero_begins +
            "semantic: R\u00b2 0.20 with sink keep; "  // not 0.30: the embedding is none
            "unrelated: R\u00b2 0.56 with sink keep, R\u00b2 0.31 with sink drop; "
            "other: undefined with sink drop.");
}

TEST_CASE("runs with the same sink are told apart by their names", "[findings]") {
  auto runs = runs_to_tell_of();
  runs[1].info.sink = runs[0].info.sink;
  runs[1].info.sink_name = runs[0].info.sink_name;
  const auto lines = findings(runs);
  CHECK_THAT(lines[1], Contains("5.25 [5.00, 5.50] with keep (sink keep); unrelated: ") &&
                           Contains("7.25 [7.00, 7.50] with drop (sink keep)"));
}

TEST_CASE("longest and shortest are those of all runs, and layers that differ have no number",
          "[findings]") {
  auto runs = runs_to_tell_of();
  runs[0].lengths = {4, 10, 20};
  runs[1].lengths = {6, 10, 25};
  runs[1].info.layers.back() = 3;
  const auto lines = findings(runs);
  CHECK_THAT(lines[0], Contains("last layer, N = 25: "));
  CHECK_THAT(lines[1], Contains("at N = 4, "));
  runs.resize(1);
  runs[0].info.layers = {5, 6, 7};  // no embedding to compare with
  CHECK_THAT(findings(runs)[0], Contains("last layer (7), N = 20: semantic: 1.78 [1.60, 1.95] with "
                                         "sink keep; unrelated"));
}

TEST_CASE("undefined ratio influences are counted by reason", "[findings]") {
  auto runs = made_up_loo_runs();
  runs.resize(1);
  RunResult& run = runs[0];
  run.contexts.resize(2);
  for (ContextMeasures& context : run.contexts) {
    context.events.resize(2);
    for (auto& level : context.full) level.ratio = 2.0;
    for (Event& event : context.events) {
      for (auto& level : event.without) level.ratio = 1.0;
    }
  }
  CHECK(undefined_counts(runs) ==
        std::vector<std::string>{"Undefined in keep (sink keep): 0 of 12 ratio influences."});
  run.contexts[0].full[1].ratio = Status::no_within_pairs;  // of both events
  run.contexts[1].events[0].without[2].ratio = Status::no_cross_pairs;
  CHECK(undefined_counts(runs) ==
        std::vector<std::string>{"Undefined in keep (sink keep): 3 of 12 ratio influences "
                                 "(no_cross_pairs: 1, no_within_pairs: 2). They are left out of "
                                 "every mean."});
}

TEST_CASE("a run that is not complete is called partial", "[findings]") {
  auto runs = made_up_loo_runs();
  runs[0].contexts.resize(5);
  CHECK(warnings(runs) == std::vector<std::string>{"Partial run keep: 5 of 12 contexts."});
}

}  // namespace phiscope::analyze::loo::findings_test
