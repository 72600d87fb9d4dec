// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "reference.hpp"
#include "shard/text/json_file.hpp"

#include <phiscope/answer_grade.hpp>

#include <string>
#include <vector>

using phiscope::answer_key;
using phiscope::Grader;
using phiscope::is_right;

namespace {

/// A text, the gold answer, and whether the graders (boxed, strict, flexible, published) agree.
struct Graded {
  const char* text;
  const char* gold;
  bool boxed;
  bool strict;
  bool flexible;
  bool published;
};

const std::vector<Graded> table{
    {"so \\boxed{18}", "18", true, false, true, true},
    {"1+1\n#### 18", "2+16=<<2+16=18>>18\n#### 18", true, true, true, true},
    {"#### 18\nas said, 5 each", "18", false, true, false, false},
    {"#### 1,070", "1070", true, true, true, false},  // published: a comma ends a number
    {"it is 1,070.", "#### 1,070", true, false, true, true},
    {"\\boxed{\\frac{1}{2}}", "0.5", true, false, true, false},
    {"\\boxed{\\dfrac{2}{4}}", "\\boxed{\\frac{1}{2}}", true, false, true, false},
    {"\\boxed{1/2}", "0.5", true, false, true, true},  // published: a fraction becomes 0.5
    {"\\boxed{0.50}", "0.5", true, false, true, false},
    {"\\boxed{3} or \\boxed{4}", "4", true, false, true, true},
    {"\\boxed{3}, not 4", "3", true, false, false, true},
    {"\\boxed{3", "3", true, false, true, true},
    {"\\boxed {a{b}c}", "a{b}c", true, false, false, false},
    {"\\boxed{p - q}", "p - q", true, false, false, false},
    {"p - q", "p - q", false, false, false, true},  // published: empty equals empty
    {"none", "", false, false, false, true},
    {"", "7", false, false, false, false},
    {"\\boxed{}", "\\boxed{}", false, false, false, true},
    {"answer -5", "5", false, false, false, true},  // published: reads 5
    {"answer -5", "-5", true, false, true, true},
    {"answer 5", "-5", false, false, false, true},
    {"-5.5", "-11/2", true, false, true, false},
    {"8-5", "5", true, false, true, true},
    {"50%", "50%", true, false, true, true},
    {"0.5", "50%", true, false, false, false},
    {"50%", "0.5", false, false, false, false},
    {"$5", "5", true, false, true, true},
    {"#### $5", "5", true, true, true, true},
    {"#### 5 apples", "5", true, true, true, true},
    {"#### five 5", "5", true, false, true, true},
    {"1/0", "0", false, false, false, true},
    {"12.", "12", true, false, true, true},
};

}  // namespace

TEST_CASE("graders agree and differ where they should", "[answer_grade]") {
  for (const Graded& one : table) {
    CAPTURE(one.text, one.gold);
    CHECK(is_right(Grader::boxed, one.text, one.gold) == one.boxed);
    CHECK(is_right(Grader::strict, one.text, one.gold) == one.strict);
    CHECK(is_right(Grader::flexible, one.text, one.gold) == one.flexible);
    CHECK(is_right(Grader::published, one.text, one.gold) == one.published);
  }
}

TEST_CASE("the published grader compares what it reads from both", "[answer_grade]") {
  CHECK(phiscope::grader_names[static_cast<std::size_t>(Grader::published)] == "published");
  CHECK(phiscope::grader_names[static_cast<std::size_t>(Grader::boxed)] == "boxed");
  CHECK(phiscope::grader_names[static_cast<std::size_t>(Grader::strict)] == "strict");
  CHECK(phiscope::grader_names[static_cast<std::size_t>(Grader::flexible)] == "flexible");
}

TEST_CASE("texts of every published edge case are equal to what was read from them",
          "[answer_grade][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const auto cases =
      phiscope::shard::read_json(*reference / "published/sampling/grader_edge_cases.json");
  for (const auto& one : cases) {
    const std::string text = one.at("text");
    for (const auto& other : cases) {
      const bool same = one.at("normalised") == other.at("normalised");
      CAPTURE(text, other.at("text").get<std::string>());
      CHECK(is_right(Grader::published, text, other.at("text").get<std::string>()) == same);
    }
  }
}

TEST_CASE("answers have one key however they are written", "[answer_grade]") {
  for (const char* text : {"\\boxed{0.50}", "it is 1/2", "\\boxed{\\frac{50}{100}}", "so +.5"}) {
    CAPTURE(text);
    CHECK(answer_key(text) == "1/2");
  }
  CHECK(answer_key("#### 1,234.0") == "1234");
  CHECK(answer_key("\\boxed{-3}") == "-3");
  CHECK(answer_key("\\boxed{ p - q }") == "p - q");
  CHECK(answer_key("no number").empty());
  CHECK(answer_key("\\boxed{}").empty());
  CHECK(answer_key("\\boxed{50\\%}") == "50");
}
