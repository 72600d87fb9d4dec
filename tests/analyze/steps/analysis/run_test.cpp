// SPDX-License-Identifier: MIT
#include "steps/analysis/run.hpp"

#include "analyze/steps/synthetic_steps.hpp"
#include "catch.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

namespace phiscope::analyze::steps::run_test {

using test::StepKey;
using test::SyntheticSteps;

namespace {

Steps read(const SyntheticSteps& options, bool allow_partial = false,
           const std::vector<std::int64_t>& skip = {}) {
  const test::TempDir folder;
  write_synthetic_steps(folder.path() / "run", options, skip);
  return read_run(folder.path() / "run", {.allow_partial = allow_partial});
}

std::string refused(const SyntheticSteps& options, const std::string& texts = "") {
  const test::TempDir folder;
  write_synthetic_steps(folder.path() / "run", options);
  if (!texts.empty()) {
    std::ofstream(folder.path() / "run" / "generated_texts.jsonl", std::ios::app) << texts;
  }
  try {
    static_cast<void>(read_run(folder.path() / "run"));
  } catch (const shard::FormatError& error) {
    return error.what();
  }
  return "accepted";
}

void check_rows(const Rows& rows, const SyntheticSteps& options, StepKey key) {
  REQUIRE(rows.size() == options.problem(key).tokens.size() + 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    key.readout = static_cast<std::int64_t>(i);
    const test::ReducedLogits expected = options.reduced(key);
    REQUIRE(rows[i].has_value());
    CHECK(rows[i]->kl == expected.kl);
    CHECK(rows[i]->reverse_kl == expected.reverse_kl);
    CHECK(rows[i]->prediction_changed == expected.prediction_changed);
    CHECK(rows[i]->token_score == expected.token_score);
    CHECK(rows[i]->token_log_probability == expected.token_log_probability);
  }
}

}  // namespace

TEST_CASE("every row and every answer goes to its problem and lane", "[run]") {
  SyntheticSteps options;
  options.kinds = {"single", "cumulative", "leave-one", "all", "early-exit"};
  options.layers = {1, 3};
  options.include_bot = true;
  const Steps found = read(options);
  CHECK(found.complete_problems() == 8);
  CHECK(found.sources.front().has_texts);
  for (std::int64_t problem = 0; problem < 8; ++problem) {
    const auto& rows = found.rows[static_cast<std::size_t>(problem)];
    const auto keys = options.lanes(problem);
    REQUIRE(keys.size() == found.lanes.size() + 1);
    check_rows(rows.baseline, options, keys[0]);
    CHECK(rows.baseline_text == options.said(keys[0]));
    for (std::size_t lane = 0; lane < found.lanes.size(); ++lane) {
      check_rows(rows.lanes[lane], options, keys[lane + 1]);
      CHECK(rows.texts[lane] == options.said(keys[lane + 1]));
    }
  }
  CHECK(found.find({Kind::all, 3, 4}) == found.lanes.size() - 5);
  CHECK_FALSE(found.find({Kind::all, 2, 4}).has_value());
  CHECK_FALSE(found.find({Kind::baseline, -1, 0}).has_value());
}

TEST_CASE("an unfinished run is read when that is wished, without what is missing", "[run]") {
  CHECK_THROWS_WITH(read({}, false, {1}), Contains("run"));
  const Steps found = read({}, true, {1});
  CHECK(found.complete_problems() == 5);
  CHECK(found.rows[2].complete);
  CHECK_FALSE(found.rows[3].complete);
  CHECK(found.rows[7].complete);
}

TEST_CASE("without the file of answers none is known", "[run]") {
  SyntheticSteps options;
  options.keeps_texts = false;
  const Steps found = read(options);
  CHECK_FALSE(found.sources.front().has_texts);
  CHECK_FALSE(found.rows[0].baseline_text.has_value());
  CHECK(found.complete_problems() == 8);
}

TEST_CASE("rows that the plan does not have, or twice, or not at all, are refused", "[run]") {
  SyntheticSteps options;
  options.leave_out = [](const StepKey& key) {
    return key.problem == 4 && key.kind == 2 && key.step == 1 && key.readout == 3;
  };
  CHECK_THAT(refused(options), Contains("problem a5: rows are missing"));
  options = {};
  options.change = [](const StepKey& key, test::ReducedLogits& row) {
    if (key.kind == 4) row.prediction_changed = 0.5;
  };
  CHECK_THAT(refused(options), Contains("prediction_changed is neither 0 nor 1"));
  options = {};
  options.repeat = [](const StepKey& key) { return key.problem == 0 && key.kind == 5; };
  CHECK_THAT(refused(options), Contains("found the key of an earlier row, expected each once"));
  const auto renamed = [](const std::function<void(StepKey&)>& rename) {
    SyntheticSteps other;
    other.rename = rename;
    return refused(other);
  };
  CHECK_THAT(renamed([](StepKey& key) { key.layer += key.kind == 2 ? 1 : 0; }),
             Contains("found key [0, 3, 2, 0, 0], expected problem, layer, kind and step"));
  CHECK_THAT(renamed([](StepKey& key) { key.kind = key.kind == 4 ? 6 : key.kind; }),
             Contains("found key [0, 2, 6, 4, 0]"));
  CHECK_THAT(renamed([](StepKey& key) { key.problem += 8; }), Contains("found key [8, -1, 0, 0"));
  CHECK_THAT(renamed([](StepKey& key) { key.readout += key.problem == 1 ? 1 : 0; }),
             Contains("found read-out 2 of problem a2, expected 0 to 1"));
}

TEST_CASE("kept logits give the reduced arrays, or the row is refused", "[run]") {
  SyntheticSteps options;
  CHECK_FALSE(read(options).sources.front().logits.has_value());
  options.keeps_logits = true;
  const auto check = read(options).sources.front().logits;
  REQUIRE(check.has_value());
  std::size_t readouts = 0;
  for (const auto& problem : options.problems) readouts += problem.tokens.size() + 1;
  CHECK(check->rows == 14 * readouts);
  CHECK(check->unscored == 0);
  CHECK(check->largest < 1e-12);
  const auto changed = [&](std::int64_t readout, double test::ReducedLogits::*member) {
    options.change = [=](const StepKey& key, test::ReducedLogits& row) {
      if (key.problem == 2 && key.kind == 4 && key.readout == readout) row.*member += 1e-3;
    };
    return refused(options);
  };
  // In the first shard: 14 runs of a1 and a2 with 3 and 2 read-outs; in a3, all is the tenth run.
  CHECK_THAT(changed(0, &test::ReducedLogits::kl),
             Contains("row 97: the logits give kl ") && Contains("expected equal to 1e-6"));
  CHECK_THAT(changed(1, &test::ReducedLogits::reverse_kl), Contains("row 98: the logits give rev"));
  CHECK_THAT(changed(2, &test::ReducedLogits::token_log_probability),
             Contains("row 99: the logits give token_log_probability"));
  CHECK_THAT(changed(0, &test::ReducedLogits::token_score), Contains("give token_score"));
}

TEST_CASE("answers of no run, or twice, are refused by line", "[run]") {
  // 8 problems of 14 runs each precede the line.
  CHECK_THAT(refused({}, R"({"key":[8,2,2,0],"text":"1"})"),
             Contains(".jsonl:113: key is [8, 2, 2, 0], expected problem, layer, kind and step"));
  CHECK_THAT(refused({}, R"({"key":[0,2,2,4],"text":"1"})"), Contains("key is [0, 2, 2, 4]"));
  CHECK_THAT(refused({}, R"({"key":[0,2,6,0],"text":"1"})"), Contains("key is [0, 2, 6, 0]"));
  CHECK_THAT(refused({}, R"({"key":[0,3,2,0],"text":"1"})"), Contains("key is [0, 3, 2, 0]"));
  CHECK_THAT(refused({}, R"({"key":[0,2,2],"text":"1"})"), Contains("key is [0, 2, 2]"));
  CHECK_THAT(refused({}, R"({"key":[0,2,2,0],"text":"1"})"),
             Contains(".jsonl:113: found the key of an earlier line"));
}

}  // namespace phiscope::analyze::steps::run_test
