// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/answer_number.hpp>

using namespace phiscope;

TEST_CASE("a whole text is a number or is not", "[answer_number]") {
  CHECK(whole_number(" 18 ") == Rational{18, 1});
  CHECK(whole_number("$1,234.50") == Rational{2469, 2});
  CHECK(whole_number("-$5") == Rational{-5, 1});
  CHECK(whole_number("\\$5") == Rational{5, 1});
  CHECK(whole_number("$\\frac{14}{3}$") == Rational{14, 3});
  CHECK(whole_number("-\\dfrac{2}{4}") == Rational{-1, 2});
  CHECK(whole_number("1/2") == Rational{1, 2});
  CHECK(whole_number("-6 / 4") == Rational{-3, 2});
  CHECK(whole_number("50%") == Rational{50, 1});
  CHECK(whole_number("50\\%", Percent::hundredths) == Rational{1, 2});
  for (const char* text : {"", "$", "%", "3\\sqrt{13}", "1/0", "1/2/3", "x", "2 apples", "p - q",
                           "\\frac{1}{2}x", "\\frac{a}{b}", "1e5", "\\boxed{1}"}) {
    CAPTURE(text);
    CHECK_FALSE(whole_number(text).has_value());
  }
}

TEST_CASE("the last number of an answer, commas dropped", "[answer_number]") {
  CHECK(last_number_of("The answer is 1,234.") == Rational{1234, 1});
  CHECK(last_number_of("8 - 5 = -3.50 so") == Rational{-7, 2});
  CHECK(last_number_of("1,2") == Rational{12, 1});  // as published: commas go, whatever they part
  CHECK_FALSE(last_number_of("none, at all").has_value());
}

TEST_CASE("the number of a problem file follows its mark", "[answer_number]") {
  CHECK(gold_number("2+1=<<2+1=3>>3\n#### 3") == Rational{3, 1});
  CHECK(gold_number("#### 5\n#### 1,070 ") == Rational{1070, 1});
  CHECK(gold_number("so \\boxed{3} and \\boxed{\\frac{1}{2}}.") == Rational{1, 2});
  CHECK(gold_number("25%") == Rational{1, 4});
  CHECK(gold_text(" p - q ") == "p - q");
  CHECK_FALSE(gold_number("3\\sqrt{13}").has_value());
  CHECK_FALSE(gold_number("9 apples").has_value());
  CHECK_FALSE(gold_number("#### ").has_value());
}

TEST_CASE("numbers within 0.01 are the same answer", "[answer_number]") {
  CHECK(is_right_number({1, 3}, {33, 100}));
  CHECK(is_right_number({33, 100}, {1, 3}));
  CHECK_FALSE(is_right_number({5, 1}, {251, 50}));
  CHECK_FALSE(is_right_number({-5, 1}, {5, 1}));
}

TEST_CASE("answers are equal as rationals, else as text", "[answer_number]") {
  CHECK(is_right_answer("so \\boxed{0.50}", "\\frac{1}{2}"));
  CHECK(is_right_answer("\\boxed{1} and \\boxed {2/4}", "0.5"));
  CHECK(is_right_answer("it costs $1,000.00 in all", "#### 1000"));
  CHECK(is_right_answer("minus: -5", "-5"));
  CHECK_FALSE(is_right_answer("minus: -5", "5"));
  CHECK_FALSE(is_right_answer("\\boxed{0.333}", "\\frac{1}{3}"));
  CHECK(is_right_answer("\\boxed{ p - q }", "p - q"));
  CHECK_FALSE(is_right_answer("p - q", "p - q"));  // not boxed: only a number can be found
  CHECK_FALSE(is_right_answer("\\boxed{7", "8"));
  CHECK(is_right_answer("\\boxed{7", "7"));
}

TEST_CASE("percent counts only if the gold answer has one", "[answer_number]") {
  CHECK(is_right_answer("\\boxed{50\\%}", "50"));
  CHECK(is_right_answer("50%", "50\\%"));
  CHECK(is_right_answer("0.5", "50%"));
  CHECK_FALSE(is_right_answer("50", "50%"));
  CHECK_FALSE(is_right_answer("50%", "0.5"));
}

TEST_CASE("an empty answer is wrong", "[answer_number]") {
  CHECK_FALSE(is_right_answer("", ""));
  CHECK_FALSE(is_right_answer("\\boxed{}", ""));
  CHECK_FALSE(is_right_answer("\\boxed{}", "#### "));
  CHECK_FALSE(is_right_answer("no number", "5"));
}

TEST_CASE("strict and flexible numbers of GSM8K", "[answer_number]") {
  CHECK(strict_number("1+1\n#### 1,024\nmore 7") == Rational{1024, 1});
  CHECK(flexible_number("1+1\n#### 1,024\nmore 7") == Rational{7, 1});
  CHECK_FALSE(strict_number("it is 7").has_value());
  CHECK_FALSE(strict_number("#### seven 7").has_value());
  CHECK_FALSE(flexible_number("seven").has_value());
}
