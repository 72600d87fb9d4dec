// SPDX-License-Identifier: MIT
#include "steps/published.hpp"

#include "catch.hpp"
#include "made_up_steps.hpp"
#include "reference.hpp"
#include "said_steps.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/text/json_file.hpp"

#include <cmath>

namespace phiscope::analyze::steps::published_test {

using Json = nlohmann::ordered_json;
using report::Outcome;

namespace {

const LaneAxes axes = {.kinds = {Kind::cumulative}, .layers = {2}, .latents = 6};

/// Keys and types of a value, "number" for both kinds of numbers where the source has either.
void check_same_shape(const Json& found, const Json& expected, const std::string& where) {
  CAPTURE(where);
  REQUIRE(std::string(found.type_name()) == expected.type_name());
  REQUIRE(found.is_number_float() == expected.is_number_float());
  if (!expected.is_object()) return;
  std::vector<std::string> names;
  for (const auto& [key, value] : found.items()) names.push_back(key);
  std::vector<std::string> others;
  for (const auto& [key, value] : expected.items()) others.push_back(key);
  CHECK(names == others);
  for (const auto& [key, value] : expected.items()) {
    if (found.contains(key)) check_same_shape(found.at(key), value, where + "." + key);
  }
}

/// Numbers of two values that have the same members.
void check_near(const Json& found, const Json& expected, const std::string& where) {
  CAPTURE(where);
  if (expected.is_object()) {
    REQUIRE(found.size() == expected.size());
    for (const auto& [key, value] : expected.items()) {
      check_near(found.at(key), value, where + "." + key);
    }
  } else if (expected.is_number()) {
    CHECK(std::abs(found.get<double>() - expected.get<double>()) <= 1e-12);
  } else {
    CHECK(found == expected);
  }
}

Json validation_file() {
  const auto file = *test::reference() / "published" / "steps" / "step_importance_validation.json";
  const shard::MappedFile mapped(file);
  return shard::parse_ordered_json(mapped.text(), file);
}

report::Check check_named(const std::vector<report::Check>& checks, const std::string& beginning) {
  for (const auto& check : checks) {
    if (check.name.starts_with(beginning)) return check;
  }
  FAIL("no check " + beginning);
  return checks.front();
}

/// Problem 0 breaks from position 2 on, 1 is repaired at 4, 2 is right throughout.
std::optional<Grade> story(std::size_t problem, const std::optional<Lane>& lane) {
  if (problem == 1) return lane && lane->step >= 4 ? Grade::right : Grade::wrong;
  return problem == 0 && lane && lane->step >= 2 ? Grade::no_number : Grade::right;
}

Result story_result() {
  Steps steps = test::said_steps(3, axes, story);
  steps.problems[0].id = "x";
  steps.problems[0].steps = 4;
  steps.problems[1].steps = 2;
  steps.problems[2].gold = {1003, 1000};
  return analyze(std::move(steps), test::quick_steps());
}

}  // namespace

TEST_CASE("published means and flags follow from the published records",
          "[published][needs_reference]") {
  if (!test::reference()) SKIP_NO_REFERENCE();
  const Json file = validation_file();
  REQUIRE(file.at("results").size() == 87);
  for (const Scores scores : {Scores::both_ways, Scores::broken}) {
    // All 87 are right in the baseline, so that no flip is another way.
    check_near(published_statistics(file.at("results"), scores), file.at("statistics"), "");
  }
  // And the flags from the texts, by both graders.
  std::size_t answers = 0;
  for (const Json& record : file.at("results")) {
    const Rational gold = {record.at("expected_answer").get<std::int64_t>(), 1};
    const auto check_flag = [&](const Json& text, const Json& flag) {
      for (const Grader grader : {Grader::published, Grader::last_number}) {
        CHECK((grade(text.get<std::string>(), gold, grader) == Grade::right) == flag.get<bool>());
      }
      ++answers;
    };
    check_flag(record.at("baseline_answer"), record.at("baseline_correct"));
    for (const Json& position : record.at("position_results")) {
      check_flag(position.at("ablated_answer"), position.at("ablated_correct"));
    }
  }
  CHECK(answers == 87 * 7);
}

TEST_CASE("a run of the published answers gives the published file",
          "[published][needs_reference]") {
  if (!test::reference()) SKIP_NO_REFERENCE();
  const Json file = validation_file();
  const Json& records = file.at("results");
  LaneAxes five = axes;
  five.latents = 5;  // the source measured none to five changed thoughts
  Steps steps =
      test::said_steps(records.size(), five, [](std::size_t, const auto&) { return Grade::right; });
  for (std::size_t i = 0; i < records.size(); ++i) {
    Problem& problem = steps.problems[i];
    problem.id = records[i].at("problem_id");
    problem.question = records[i].at("question").get<std::string>();
    problem.gold = {records[i].at("expected_answer").get<std::int64_t>(), 1};
    problem.steps = records[i].at("difficulty").get<std::int64_t>();
    problem.part = Part::validation;
    steps.rows[i].baseline_text = records[i].at("baseline_answer").get<std::string>();
    for (std::size_t at = 0; at < 5; ++at) {
      steps.rows[i].texts[at] =
          records[i].at("position_results")[at + 1].at("ablated_answer").get<std::string>();
    }
  }
  Options options = test::quick_steps();
  options.grader = Grader::published;
  const Result result = analyze(std::move(steps), options);
  const auto files = published_files({result}, Scores::both_ways);
  REQUIRE(files.size() == 3);
  CHECK(files[0].name == "step_importance_validation.json");
  CHECK(files[1].name == "step_importance_scores.json");
  CHECK(files[2].name == "step_importance_summary_stats.json");
  const Json found = Json::parse(files[0].bytes);
  CHECK(found.at("results") == records);
  check_same_shape(found.at("results")[0], records[0], "results[0]");
  check_same_shape(found.at("statistics"), file.at("statistics"), "statistics");
  check_near(found.at("statistics"), file.at("statistics"), "statistics");
  CHECK(found.at("validation_status") == "COMPLETE");
  CHECK(found.at("n_samples") == 87);
  CHECK(Json::parse(files[1].bytes) == records);
  CHECK(Json::parse(files[2].bytes) == found.at("statistics"));
  const auto checks = success_criteria(records, Scores::both_ways);
  CHECK(check_named(checks, "baseline").outcome == Outcome::passed);
  CHECK(check_named(checks, "early").outcome == Outcome::failed);
  CHECK(check_named(checks, "2 and 3").outcome == Outcome::passed);
}

TEST_CASE("records have what was said at each position", "[published]") {
  const Json found = published_results(story_result(), Part::sweep, 2, Scores::broken);
  REQUIRE(found.size() == 3);
  CHECK(found[0].at("problem_id") == "x");
  CHECK(found[0].at("expected_answer").is_number_integer());
  CHECK(found[0].at("difficulty") == 4);
  CHECK(found[0].at("baseline_answer") == "1");
  CHECK(found[0].at("baseline_correct") == true);
  CHECK(found[2].at("expected_answer") == 1.003);
  CHECK(found[2].at("difficulty") == "unknown");
  const Json& positions = found[0].at("position_results");
  REQUIRE(positions.size() == 7);
  for (std::size_t at = 0; at < 7; ++at) {
    CHECK(positions[at].at("position") == at);
    CHECK(positions[at].at("ablated_answer") == (at >= 2 ? "?" : "1"));
    CHECK(positions[at].at("ablated_correct") == (at < 2));
    CHECK(positions[at].at("importance_score") == (at >= 2 ? 1.0 : 0.0));
    CHECK(positions[at].at("baseline_to_ablated") ==
          (at >= 2 ? "1 \xE2\x86\x92 0" : "1 \xE2\x86\x92 1"));
  }
}

TEST_CASE("repaired answers count as published alone", "[published]") {
  const Result result = story_result();
  const auto score = [&](Scores scores) {
    return published_results(result, Part::sweep, 2, scores)[1].at("position_results")[5].at(
        "importance_score");
  };
  CHECK(score(Scores::broken) == 0.0);
  CHECK(score(Scores::both_ways) == 1.0);
  // Wrong before and after is neither.
  for (const Scores scores : {Scores::broken, Scores::both_ways}) {
    CHECK(published_results(result, Part::sweep, 2, scores)[1].at("position_results")[2].at(
              "importance_score") == 0.0);
  }
  const auto importance = [&](Scores scores, const char* position) {
    return published_statistics(published_results(result, Part::sweep, 2, scores), scores)
        .at("position_importance")
        .at(position)
        .get<double>();
  };
  // One of the two that were right; one, then two of all three.
  CHECK(importance(Scores::broken, "5") == 0.5);
  CHECK(importance(Scores::both_ways, "3") == Approx(1.0 / 3.0));
  CHECK(importance(Scores::both_ways, "5") == Approx(2.0 / 3.0));
  const Json statistics = published_statistics(
      published_results(result, Part::sweep, 2, Scores::broken), Scores::broken);
  CHECK(statistics.at("baseline_accuracy").get<double>() == Approx(2.0 / 3.0));
  const Json& four = statistics.at("by_difficulty").at("4");
  CHECK(four.at("early_importance").get<double>() == Approx(1.0 / 3.0));
  CHECK(four.at("late_importance").get<double>() == Approx(1.0));
  CHECK(four.at("pattern_validated") == false);
  // Nothing was right of the problem with two steps.
  CHECK(statistics.at("by_difficulty").at("2").at("early_importance").is_null());
  CHECK(statistics.at("by_difficulty").at("2").at("pattern_validated") == false);
  CHECK(statistics.at("by_difficulty").at("unknown").at("pattern_validated") == true);
}

TEST_CASE("early and late are positions 0 to 2 and 3 to 5, whatever else there is", "[published]") {
  Json positions = Json::array();
  for (int at = 0; at < 8; ++at) {
    positions.push_back({{"position", at}, {"importance_score", static_cast<double>(1 << at)}});
  }
  const Json record = {
      {"baseline_correct", true}, {"difficulty", 5}, {"position_results", positions}};
  const Json found = published_statistics(Json::array({record}), Scores::broken);
  CHECK(found.at("position_importance").at("6") == 64.0);
  CHECK(found.at("by_difficulty").at("5").at("early_importance").get<double>() ==
        Approx((1.0 + 2.0 + 4.0) / 3.0));
  CHECK(found.at("by_difficulty").at("5").at("late_importance").get<double>() ==
        Approx((8.0 + 16.0 + 32.0) / 3.0));
}

TEST_CASE("the success criteria are decided by the records", "[published]") {
  Json records = published_results(story_result(), Part::sweep, 2, Scores::broken);
  auto checks = success_criteria(records, Scores::broken);
  REQUIRE(checks.size() == 3);
  CHECK(check_named(checks, "baseline").outcome == Outcome::failed);
  CHECK(check_named(checks, "baseline").found == "2 of 3 right");
  CHECK(check_named(checks, "early").outcome == Outcome::failed);
  CHECK(check_named(checks, "early").found == "early 0.333, late 1.00 over 1 problem");
  CHECK(check_named(checks, "2 and 3").outcome == Outcome::not_checked);
  records[2]["difficulty"] = 3;
  CHECK(check_named(success_criteria(records, Scores::broken), "2 and 3").outcome ==
        Outcome::passed);
  records.erase(1);
  CHECK(check_named(success_criteria(records, Scores::broken), "baseline").outcome ==
        Outcome::passed);
  records[0]["difficulty"] = 2;
  records[1]["difficulty"] = 5;
  checks = success_criteria(records, Scores::broken);
  CHECK(check_named(checks, "early").outcome == Outcome::passed);
  CHECK(check_named(checks, "2 and 3").outcome == Outcome::failed);
  checks = success_criteria(Json::array(), Scores::broken);
  for (const auto& check : checks) CHECK(check.outcome == Outcome::not_checked);
}

TEST_CASE("each file holds its sample, or the other where there is none", "[published]") {
  const Result both = test::analyzed_steps(test::first_steps());
  const auto files = published_files({both}, Scores::broken);
  REQUIRE(files.size() == 6);
  CHECK(files[3].name == "step_importance_validation_layer_3.json");
  const Json validation = Json::parse(files[0].bytes);
  CHECK(validation.at("n_samples") == 2);
  CHECK(validation.at("results")[0].at("problem_id") == "v1");
  CHECK(validation.at("results")[0].at("question") == "question 6");
  const Json scores = Json::parse(files[1].bytes);
  CHECK(scores.size() == 6);
  CHECK(scores[5].at("problem_id") == 7);
  CHECK(Json::parse(files[2].bytes) == published_statistics(scores, Scores::broken));
  CHECK(Json::parse(files[4].bytes) == published_results(both, Part::sweep, 3, Scores::broken));

  test::SyntheticSteps options;
  options.problems = {options.problems[6], options.problems[7]};
  const auto alone = published_files({test::analyzed_steps(options, "a b"), both}, Scores::broken);
  REQUIRE(alone.size() == 9);
  CHECK(alone[1].name == "step_importance_scores_a_b.json");
  CHECK(alone[7].name == "step_importance_scores_run_layer_3.json");
  // Of two problems of the validation alone, both files are of these.
  CHECK(Json::parse(alone[1].bytes) == Json::parse(alone[0].bytes).at("results"));
}

TEST_CASE("answers that are not known are left out, and a run without any has no files",
          "[published]") {
  test::SyntheticSteps options;
  const test::SyntheticSteps plain;
  options.says = [&](const test::StepKey& key) -> std::optional<std::string> {
    if (key.problem == 1 && key.kind == 1 && key.step == 3) return std::nullopt;
    return plain.said(key);
  };
  const Result result = test::analyzed_steps(options);
  CHECK(published_results(result, Part::sweep, 2, Scores::broken).size() == 5);
  CHECK(why_unpublished(result).empty());
  options.keeps_texts = false;
  CHECK(why_unpublished(test::analyzed_steps(options)) == "without free answers");
  options.kinds = {"single"};
  const Result single = test::analyzed_steps(options);
  CHECK(why_unpublished(single) == "without set cumulative");
  CHECK(published_files({single}, Scores::broken).empty());
}

}  // namespace phiscope::analyze::steps::published_test
