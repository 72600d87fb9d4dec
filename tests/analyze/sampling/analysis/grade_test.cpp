// SPDX-License-Identifier: MIT
#include "sampling/analysis/grade.hpp"

#include "catch.hpp"

namespace phiscope::analyze::sampling::grade_test {

namespace {

/// right, strict, flexible as '1', '0', '-' (cannot say).
std::string grades(const std::optional<std::string>& text, const std::string& gold, Grader grader) {
  const Grade grade = grade_text(text, gold, grader);
  const auto sign = [](const std::optional<bool>& right) {
    return right ? (*right ? '1' : '0') : '-';
  };
  return {sign(grade.right), sign(grade.strict), sign(grade.flexible)};
}

}  // namespace

TEST_CASE("a text is graded by three rules at once", "[grade]") {
  CHECK(grades("\\boxed{5}", "#### 5", Grader::boxed) == "101");
  CHECK(grades("it is 4 #### 5", "5", Grader::boxed) == "111");
  CHECK(grades("#### 5 or rather 6", "5", Grader::boxed) == "010");
  CHECK(grades("\\boxed{\\frac{1}{2}} 7", "0.5", Grader::boxed) == "100");
  CHECK(grades("\\boxed{x^2}", "x^2", Grader::boxed) == "1--");
  CHECK(grades("#### 5 or rather 6", "5", Grader::strict) == "110");
  CHECK(grades("#### 5 or rather 6", "5", Grader::flexible) == "010");
}

TEST_CASE("what cannot be graded is not wrong, and an empty answer is never right", "[grade]") {
  CHECK(grades(std::nullopt, "5", Grader::boxed) == "---");
  CHECK(grades("\\boxed{5}", "", Grader::boxed) == "---");
  CHECK(grades("\\boxed{5}", "x", Grader::flexible) == "---");
  CHECK(grades("", "5", Grader::boxed) == "000");
}

TEST_CASE("the published grader loses signs and finds two empty answers equal", "[grade]") {
  CHECK(grades("so -5", "5", Grader::published)[0] == '1');
  CHECK(grades("so -5", "5", Grader::boxed)[0] == '0');
  CHECK(grades("nothing", "", Grader::published)[0] == '1');
  CHECK(grades("nothing", "", Grader::boxed)[0] == '-');
}

TEST_CASE("equal final answers are equal texts", "[grade]") {
  CHECK(final_answer("\\boxed{\\frac{1}{2}}", Grader::boxed) == "1/2");
  CHECK(final_answer("about 0.50", Grader::boxed) == "1/2");
  CHECK(final_answer("\\boxed{x+1}", Grader::boxed) == "x+1");
  CHECK(final_answer("who knows", Grader::boxed).empty());
  CHECK(final_answer("so -5", Grader::boxed) == "-5");
  CHECK(final_answer("so -5", Grader::published) == "5");
}

}  // namespace phiscope::analyze::sampling::grade_test
