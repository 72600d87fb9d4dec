// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/published_answer.hpp>

using phiscope::published_sampling_answer;
using phiscope::published_step_number;
using phiscope::Rational;

TEST_CASE("the published grader of steps takes the first of its patterns", "[published_answer]") {
  CHECK(published_step_number("5 and the answer is: 16, not 17") == Rational{16, 1});
  CHECK(published_step_number("answer is -2.5.") == Rational{-5, 2});
  CHECK(published_step_number("the answer is unknown; the answer is 4") == Rational{4, 1});
  CHECK(published_step_number("total 3\n#### 18") == Rational{18, 1});
  CHECK(published_step_number("result: $ 7, total = 9") == Rational{7, 1});
  CHECK(published_step_number("answer 4, total 5") == Rational{4, 1});
  CHECK(published_step_number("total 3, answer 4") == Rational{3, 1});
  CHECK(published_step_number("total is 9 or 8") == Rational{9, 1});
  CHECK(published_step_number("totalis 9 or 8") == Rational{8, 1});
  CHECK(published_step_number("1 then 2.50 then x") == Rational{5, 2});
  CHECK(published_step_number("answer is 1,234") == Rational{1, 1});  // a comma ends a number
  CHECK_FALSE(published_step_number("none").has_value());
}

TEST_CASE("the published grader of sampling has its own numbers", "[published_answer]") {
  CHECK(published_sampling_answer("answer -5") == "5");
  CHECK(published_sampling_answer("\\boxed{ 1/3 }") == "0.3333333333333333");
  CHECK(published_sampling_answer("\\boxed{4/2}") == "2.0");
  CHECK(published_sampling_answer("\\boxed{1/100000}") == "1e-05");
  CHECK(published_sampling_answer("\\boxed{1/2/3}") == "1/2/3");
  CHECK(published_sampling_answer("no number").empty());
}

TEST_CASE("every published edge case of the grader comes out as it did",
          "[published_answer][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto cases =
      phiscope::shard::read_json(*reference / "published/sampling/grader_edge_cases.json");
  CHECK(cases.size() == 23);
  for (const auto& one : cases) {
    const std::string text = one.at("text");
    CAPTURE(text);
    CHECK(published_sampling_answer(text) == one.at("normalised").get<std::string>());
    const auto boxed = phiscope::boxed_text(text);
    CHECK(boxed.has_value() == !one.at("boxed").is_null());
    if (boxed) CHECK(*boxed == one.at("boxed").get<std::string>());
    const auto last = phiscope::detail::last_match(text, phiscope::detail::point_or_digits);
    CHECK(last ==
          (one.at("last_number").is_null() ? "" : one.at("last_number").get<std::string>()));
  }
}

TEST_CASE("every published answer of steps is graded as it was",
          "[published_answer][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto published =
      phiscope::shard::read_json(*reference / "published/steps/step_importance_validation.json");
  std::size_t graded = 0;
  const auto check = [&](const std::string& answer, double expected, bool right) {
    CAPTURE(answer, expected);
    const auto number = published_step_number(answer);
    CHECK((number && std::abs(number->value() - expected) < 0.01) == right);
    ++graded;
  };
  for (const auto& problem : published.at("results")) {
    const double expected = problem.at("expected_answer");
    check(problem.at("baseline_answer"), expected, problem.at("baseline_correct"));
    for (const auto& one : problem.at("position_results")) {
      check(one.at("ablated_answer"), expected, one.at("ablated_correct"));
    }
  }
  CHECK(graded == 87 * 7);
}
