// SPDX-License-Identifier: MIT
#include "files/problems.hpp"

#include "catch.hpp"
#include "reference.hpp"
#include "temp_dir.hpp"
#include "tiny_model.hpp"

#include <phiscope/problem_difficulty.hpp>

#include <array>

namespace {

using phiscope::Rational;
using phiscope::extract::Problem;
using phiscope::extract::read_problems;

std::vector<Problem> problems_of(const std::string& bytes) {
  const phiscope::test::TempDir dir;
  phiscope::test::write_bytes(dir.path() / "p.jsonl", bytes);
  return read_problems(dir.path() / "p.jsonl");
}

std::string problems_refusal(const std::string& bytes) {
  return phiscope::test::refusal([&bytes] { problems_of(bytes); });
}

std::array<int, 4> strata_of(const std::vector<Problem>& problems) {
  std::array<int, 4> counts{};
  for (const Problem& problem : problems) ++counts[phiscope::stratum_of(problem.steps.value())];
  return counts;
}

}  // namespace

TEST_CASE("problems of GSM8K and of MATH-500", "[problems]") {
  const auto read = problems_of(
      R"({"question": "q", "answer": "2/2=<<2/2=1>>1 = 7\n2+1=<<2+1=3>>3\n#### 1,003"})"
      "\n"
      R"({"problem": "p", "solution": "x = 3, y = 4, \\boxed{\\frac{1}{2}}", )"
      R"("answer": "\\frac{1}{2}", "subject": "Algebra", "level": 2, "unique_id": "a/1.json"})"
      "\n"
      R"({"problem": "r", "solution": "so \\boxed{3\\sqrt{13}}"})"
      "\n"
      R"({"question": "s", "answer": "as it says\n#### 4"})");
  REQUIRE(read.size() == 4);
  CHECK(read[0].id == "0");
  CHECK(read[0].question == "q");
  CHECK(read[0].gold_text == "1,003");
  CHECK(read[0].gold == Rational{1003, 1});
  CHECK(read[0].steps == 2U);
  CHECK(read[0].meta.empty());
  CHECK(read[1].id == "a/1.json");
  CHECK(read[1].question == "p");
  CHECK(read[1].answer == "\\frac{1}{2}");
  CHECK(read[1].gold == Rational{1, 2});
  CHECK(read[1].steps == 2U);
  CHECK(read[1].meta.at("level") == 2);
  CHECK(read[1].meta.at("subject") == "Algebra");
  CHECK(read[1].meta.contains("solution"));
  CHECK_FALSE(read[1].meta.contains("unique_id"));
  CHECK(read[2].gold_text == "3\\sqrt{13}");
  CHECK_FALSE(read[2].gold.has_value());
  CHECK_FALSE(read[2].steps.has_value());
  CHECK(read[3].steps == 0U);
}

TEST_CASE("problems of GSM8K-Aug, of Coconut and of the stratified list", "[problems]") {
  const auto read = problems_of(
      R"([{"question": "q", "cot": "<<1+1=2>> <<2*3=6>>", "answer": "6"},)"
      R"({"question": "q", "steps": ["<<1+1=2>>", "a", "b"], "answer": "-6", "idx": 4},)"
      R"({"question": "q", "answer": 18, "reasoning_steps": 5, "gsm8k_id": "e_1", )"
      R"("pair_id": null},)"
      R"({"text": "t", "answer": 2.5, "id": 7, "meta": {"k": 1}}])");
  REQUIRE(read.size() == 4);
  CHECK(read[0].steps == 2U);
  CHECK(read[0].gold == Rational{6, 1});
  CHECK(read[1].steps == 3U);
  CHECK(read[1].id == "1");
  CHECK(read[1].meta.at("idx") == 4);
  CHECK(read[1].gold == Rational{-6, 1});
  CHECK(read[2].steps == 5U);
  CHECK(read[2].id == "e_1");
  CHECK(read[2].gold == Rational{18, 1});
  CHECK(read[3].id == "7");
  CHECK(read[3].question == "t");
  CHECK(read[3].gold == Rational{5, 2});
  CHECK(read[3].meta == nlohmann::json{{"k", 1}});
}

TEST_CASE("an answer may be a number or a list", "[problems]") {
  const auto read =
      problems_of(R"([{"question": "q", "answer": 72}, {"question": "q", "answer": [3.5]},)"
                  R"({"question": "q", "answer": [3, 4]}, {"question": "q", "answer": true}])");
  CHECK(read.at(0).gold == Rational{72, 1});
  CHECK(read.at(1).answer == "3.5");
  CHECK(read.at(1).gold == Rational{7, 2});
  CHECK(read.at(2).answer == "3, 4");
  CHECK_FALSE(read.at(2).gold.has_value());  // two numbers are not one
  CHECK_FALSE(read.at(3).gold.has_value());
}

TEST_CASE("bad problem files are refused in one line", "[problems]") {
  const auto refuses = [](const std::string& bytes, const std::string& message) {
    const std::string found = problems_refusal(bytes);
    CAPTURE(bytes);
    CHECK_THAT(found, Contains(message));
    CHECK(found.find('\n') == std::string::npos);
  };
  refuses("", "empty, expected a JSON list of problems");
  refuses("[]", "no problems, expected at least one");
  refuses("[5]", "entry 0");
  refuses(R"({"answer": "5"})", "p.jsonl:1: question is missing, expected a string");
  refuses(R"({"question": "a", "problem": "b", "answer": "5"})", "both question and problem");
  refuses(R"({"question": 5, "answer": "5"})", "question is 5, expected");
  refuses("{\"question\": \"a\", \"answer\": \"5\"}\n{\"question\": \"a\"}",
          "p.jsonl:2: answer is missing, expected a string, a number or a list of them");
  refuses(R"([{"question": "a", "answer": {"a": 5}}])", "entry 0.answer is");
  refuses(R"({"question": "a", "answer": "5", "id": 1.5})", "id is 1.5, expected");
  refuses(R"({"question": "a", "answer": "5", "steps": 3})", "steps is 3, expected");
  refuses(R"({"question": "a", "answer": "5", "reasoning_steps": -1})", "reasoning_steps is -1");
  refuses(R"({"question": "a", "answer": "5", "k": 1, "meta": {"k": 2}})", "k is 1, expected");
  refuses(
      R"([{"question": "a", "answer": "5", "id": 1}, {"question": "b", "answer": 5, "id": "1"}])",
      "problems 0 and 1 (counted from 0) have the id '1'");
}

TEST_CASE("the test set of GSM8K and the stratified thousand", "[problems][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto test_set = read_problems(*reference / "published/gsm8k/test.jsonl");
  CHECK(test_set.size() == 1319);
  CHECK(strata_of(test_set) == std::array{431, 367, 293, 228});
  for (const Problem& problem : test_set) CHECK(problem.gold.has_value());
  const auto stratified =
      read_problems(*reference / "published/steps/stratified_test_problems.json");
  CHECK(stratified.size() == 1000);
  CHECK(strata_of(stratified) == std::array{250, 250, 250, 250});
  constexpr std::array difficulties{"2-step", "3-step", "4-step", "5+step"};
  for (const Problem& problem : stratified) {
    CHECK(problem.gold.has_value());
    const std::size_t stratum = phiscope::stratum_of(*problem.steps);
    CHECK(problem.meta.at("difficulty") == difficulties.at(stratum));
  }
}
