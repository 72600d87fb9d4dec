// SPDX-License-Identifier: MIT
// Every cell of every table against the number that belongs there.
#include "steps/tables.hpp"

#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "made_up_steps.hpp"
#include "steps/checks.hpp"

#include <cmath>

namespace phiscope::analyze::steps::tables_test {

using test::made_up_steps;
using test::table_of;
using test::TableRows;

namespace {

std::string text(const Value& value) {
  return value.ok() ? number_text(value.value()) : "";
}

/// exp of a value, as a cell.
std::string exp_text(const Value& value) {
  return value.ok() ? number_text(std::exp(value.value())) : "";
}

const std::vector<std::string> lane_key = {"run", "layer", "step_set", "step"};

std::vector<std::string> key_of(const Result& result, const Lane& lane) {
  return {result.label, lane.layer < 0 ? "" : std::to_string(lane.layer),
          std::string(kind_name(lane.kind)),
          lane.kind == Kind::baseline ? "" : std::to_string(lane.step)};
}

std::vector<std::string> longer(std::vector<std::string> key,
                                const std::vector<std::string>& more) {
  key.insert(key.end(), more.begin(), more.end());
  return key;
}

TableRows rows_of(const std::vector<Result>& results, const std::string& file,
                  const std::vector<std::string>& more) {
  return TableRows(table_of(tables(results, test::quick_steps()), file), longer(lane_key, more));
}

void check_ends(const TableRows& rows, const std::vector<std::string>& key,
                const std::string& column, const Estimate& estimate) {
  const std::string prefix = column == "importance" ? "" : column + "_";
  CHECK(rows.text(key, column) == text(estimate.value));
  CHECK(rows.text(key, prefix + "ci_low") == text(estimate.low));
  CHECK(rows.text(key, prefix + "ci_high") == text(estimate.high));
}

void check_counts(const TableRows& rows, const std::vector<std::string>& key, const Cell& cell) {
  const Counts& counts = cell.counts;
  const auto count = [&](const char* column) { return std::stoull(rows.text(key, column)); };
  CHECK(count("n") == counts.problems);
  CHECK(count("n_right") == counts.baseline_right);
  CHECK(count("n_wrong") == counts.problems - counts.unknown - counts.baseline_right);
  CHECK(count("n_no_number") == counts.no_number);
  CHECK(count("n_unknown") == counts.unknown);
  CHECK(rows.number(key, "baseline_accuracy").value() ==
        Approx(static_cast<double>(counts.baseline_right) /
               static_cast<double>(counts.problems - counts.unknown)));
  CHECK(rows.text(key, "accuracy") == text(cell.accuracy.value));
  CHECK(rows.text(key, "accuracy_ci_low") == text(cell.accuracy.low));
  CHECK(rows.text(key, "accuracy_ci_high") == text(cell.accuracy.high));
  const auto& surprisal = cell.mean(Measure::surprisal);
  CHECK(rows.text(key, "perplexity") == exp_text(surprisal.mean.value));
  CHECK(rows.text(key, "perplexity_ci_low") == exp_text(surprisal.mean.low));
  CHECK(rows.text(key, "perplexity_ci_high") == exp_text(surprisal.mean.high));
  CHECK(count("n_scored") == surprisal.count - surprisal.undefined.at(Status::nonfinite));
}

const Test* test_of(const Result& result, std::size_t group, std::size_t lane) {
  const Test* found = nullptr;
  for (const Test& test : result.tests) {
    const bool fits = test.contrast == Contrast::baseline && test.group == group &&
                      test.lane == result.data.lanes[lane];
    if (fits) found = &test;
  }
  return found;
}

}  // namespace

TEST_CASE("steps.csv has the rates and means of every group and lane", "[tables]") {
  const auto results = made_up_steps();
  const TableRows rows = rows_of(results, "steps.csv", {"stratum", "part"});
  std::size_t expected = 0;
  for (const Result& result : results) {
    for (std::size_t group = 0; group < result.groups.size(); ++group) {
      const Group& of = result.groups[group];
      const std::vector<std::string> place = {of.name, std::string(part_name(of.part))};
      const auto baseline = longer(key_of(result, {}), place);
      check_counts(rows, baseline, of.baseline);
      for (const char* column : {"importance", "repaired", "kl", "log_probability_drop",
                                 "kl_from_baseline", "n_broken", "p"}) {
        CHECK(rows.text(baseline, column).empty());
      }
      for (std::size_t lane = 0; lane < result.data.lanes.size(); ++lane) {
        const Cell& cell = result.cell(group, lane);
        const auto key = longer(key_of(result, result.data.lanes[lane]), place);
        check_counts(rows, key, cell);
        CHECK(rows.text(key, "n_broken") == std::to_string(cell.counts.broken));
        CHECK(rows.text(key, "n_repaired") == std::to_string(cell.counts.repaired));
        check_ends(rows, key, "importance", cell.importance);
        check_ends(rows, key, "repaired", cell.repaired);
        check_ends(rows, key, "kl", cell.mean(Measure::kl).mean);
        check_ends(rows, key, "kl_from_baseline", cell.mean(Measure::kl_from_baseline).mean);
        check_ends(rows, key, "log_probability_drop",
                   cell.mean(Measure::log_probability_drop).mean);
        CHECK(rows.text(key, "prediction_change_rate") ==
              text(cell.mean(Measure::prediction_change_rate).mean.value));
        const Test* test = test_of(result, group, lane);
        CHECK((test != nullptr) == (of.part == Part::sweep));
        CHECK(rows.text(key, "p") == (test ? text(test->p) : ""));
        CHECK(rows.text(key, "p_holm") == (test ? text(test->p_holm) : ""));
      }
      expected += result.data.lanes.size() + 1;
    }
  }
  CHECK(rows.size() == expected);
  const auto all = tables(results, test::quick_steps());
  const auto& columns = table_of(all, "steps.csv").columns;
  CHECK(std::vector<std::string>(columns.begin() + 1, columns.begin() + 17) ==
        std::vector<std::string>{"layer", "step_set", "step", "stratum", "part", "n", "n_right",
                                 "baseline_accuracy", "accuracy", "importance", "ci_low", "ci_high",
                                 "repaired", "kl", "log_probability_drop", "perplexity"});
}

TEST_CASE("tests.csv has every test once", "[tables]") {
  const auto results = made_up_steps();
  const TableRows rows = rows_of(results, "tests.csv", {"against", "stratum"});
  std::size_t expected = 0;
  for (const Result& result : results) {
    expected += result.tests.size();
    for (const Test& test : result.tests) {
      auto key = key_of(result, test.lane);
      const bool is_half =
          test.contrast == Contrast::halves || test.contrast == Contrast::early_difficulty;
      if (is_half) key.back() = "";
      key =
          longer(key, {std::string(contrast_name(test.contrast)), result.groups[test.group].name});
      CHECK(rows.text(key, "n") == std::to_string(test.units));
      CHECK(rows.text(key, "effect") == text(test.effect.value));
      CHECK(rows.text(key, "ci_low") == text(test.effect.low));
      CHECK(rows.text(key, "ci_high") == text(test.effect.high));
      const bool has_table = !is_half && test.contrast != Contrast::difficulty;
      CHECK(rows.text(key, "first_only") == (has_table ? std::to_string(test.first_only) : ""));
      CHECK(rows.text(key, "second_only") == (has_table ? std::to_string(test.second_only) : ""));
      CHECK(rows.text(key, "p") == text(test.p));
      CHECK(rows.text(key, "p_holm") == text(test.p_holm));
      CHECK(rows.text(key, "least_p") == number_text(test.least_p));
    }
  }
  CHECK(rows.size() == expected);
}

TEST_CASE("problems.csv has every answer with its grade and measures", "[tables]") {
  const auto results = made_up_steps();
  const TableRows rows = rows_of(results, "problems.csv", {"problem_id"});
  const auto grade = [](const std::string& said, const test::SyntheticProblem& problem) {
    if (said == problem.right_text()) return "right";
    return said == "no number" || said == "no idea" ? "no_number" : "wrong";
  };
  const std::vector<test::SyntheticSteps> options = {test::first_steps(), test::second_steps()};
  std::size_t expected = 0;
  for (std::size_t run = 0; run < 2; ++run) {
    const Result& result = results[run];
    for (std::size_t i = 0; i < options[run].problems.size(); ++i) {
      const auto& problem = options[run].problems[i];
      const auto keys = options[run].lanes(static_cast<std::int64_t>(i));
      for (std::size_t lane = 0; lane < keys.size(); ++lane) {
        const Lane of = lane == 0 ? Lane{} : result.data.lanes[lane - 1];
        const auto key = longer(key_of(result, of), {id_text(problem.id)});
        const std::string said = *options[run].said(keys[lane]);
        CHECK(rows.text(key, "answer") == said);
        CHECK(rows.text(key, "grade") == grade(said, problem));
        CHECK(rows.text(key, "baseline") == grade(*options[run].said(keys[0]), problem));
        CHECK(rows.text(key, "part") == problem.part);
        CHECK(rows.text(key, "gold") == problem.gold);
        CHECK(rows.text(key, "reasoning_steps") ==
              (problem.steps ? std::to_string(*problem.steps) : ""));
        CHECK(rows.text(key, "stratum") == (!problem.stratum ? ""
                                            : *problem.stratum == 5
                                                ? "5+"
                                                : std::to_string(*problem.stratum)));
        const Measured& measured = lane == 0 ? result.baselines[i] : result.measured[i][lane - 1];
        for (const Measure measure : all_measures()) {
          CHECK(rows.text(key, std::string(measure_name(measure))) ==
                text(measured[static_cast<std::size_t>(measure)]));
        }
        ++expected;
      }
    }
  }
  CHECK(rows.size() == expected);
}

TEST_CASE("readouts.csv has the means at each read-out over the sweep's problems", "[tables]") {
  const auto options = test::first_steps();
  const std::vector<Result> results = {test::analyzed_steps(options, "run")};
  const TableRows rows = rows_of(results, "readouts.csv", {"readout"});
  const auto lanes = options.lanes(0).size();
  CHECK(rows.size() == lanes * 4);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    for (std::int64_t readout = 0; readout < 4; ++readout) {
      double kl = 0.0;
      double reverse = 0.0;
      double changed = 0.0;
      double score = 0.0;
      double log_p = 0.0;
      double n = 0.0;
      for (std::int64_t problem = 0; problem < 6; ++problem) {
        auto key = options.lanes(problem)[lane];
        if (readout > std::ssize(options.problem(key).tokens)) continue;
        key.readout = readout;
        const auto row = options.reduced(key);
        kl += row.kl;
        reverse += row.reverse_kl;
        changed += row.prediction_changed;
        score += row.token_score;
        log_p += row.token_log_probability;
        n += 1.0;
      }
      const Lane of = lane == 0 ? Lane{} : results[0].data.lanes[lane - 1];
      const auto key = longer(key_of(results[0], of),
                              {readout == 0 ? "eot" : "answer:" + std::to_string(readout - 1)});
      CHECK(rows.number(key, "n_problems") == n);
      CHECK(rows.number(key, "kl").value() == Approx(reverse / n).margin(1e-15));
      CHECK(rows.number(key, "kl_from_baseline").value() == Approx(kl / n).margin(1e-15));
      CHECK(rows.number(key, "prediction_change_rate").value() == Approx(changed / n));
      CHECK(rows.number(key, "token_score").value() == Approx(score / n));
      CHECK(rows.number(key, "token_log_probability").value() == Approx(log_p / n));
    }
  }
}

TEST_CASE("what was drawn and what was dropped is listed, and every check", "[tables]") {
  const test::TempDir folder;
  write_synthetic_steps(folder.path() / "run", test::SyntheticSteps{}, {0});
  const std::vector<Result> results = {
      analyze(read_run(folder.path() / "run", {.allow_partial = true}), test::quick_steps())};
  const auto all = tables(results, test::quick_steps());
  const TableRows dropped(table_of(all, "dropped.csv"), {"problem_id"});
  CHECK(dropped.size() == 6);
  CHECK(dropped.text({"d2"}, "status") == "too_long");
  CHECK(dropped.text({"3"}, "status") == "no_gold");
  CHECK(dropped.text({"a2"}, "status") == "unfinished");
  const TableRows strata(table_of(all, "strata.csv"), {"stratum"});
  CHECK(strata.size() == 3);
  CHECK(strata.text({"2"}, "available") == "40");
  CHECK(strata.text({"2"}, "sweep") == "2");
  CHECK(strata.text({"5+"}, "validation") == "1");
  CHECK(strata.text({"5+"}, "run") == "run");
  const TableRows checks(table_of(all, "checks.csv"), {"check"});
  std::size_t expected = 0;
  for (const auto& list : {checklist(results[0]), criteria(results[0], test::quick_steps())}) {
    for (const Check& check : list) {
      CHECK(checks.text({check.name}, "outcome") == report::outcome_name(check.outcome));
      CHECK(checks.text({check.name}, "found") == check.found);
      ++expected;
    }
  }
  CHECK(checks.size() == expected);
  CHECK(expected == 8);
}

}  // namespace phiscope::analyze::steps::tables_test
