// SPDX-License-Identifier: MIT
#include "steps/analysis/grade.hpp"

#include "catch.hpp"

namespace phiscope::analyze::steps::grade_test {

namespace {

Grade last(std::string_view text, const Rational& gold) {
  return grade(text, gold, Grader::last_number);
}
Grade published(std::string_view text, const Rational& gold) {
  return grade(text, gold, Grader::published);
}

}  // namespace

TEST_CASE("a number less than 0.01 away is right", "[grade]") {
  CHECK(last("The answer is: 16", {16, 1}) == Grade::right);
  CHECK(last("The answer is: 16.009", {16, 1}) == Grade::right);
  CHECK(last("17", {16, 1}) == Grade::wrong);
  CHECK(last("-16", {16, 1}) == Grade::wrong);
  CHECK(last("0.333", {1, 3}) == Grade::right);
  CHECK(last("0.32", {1, 3}) == Grade::wrong);
  CHECK(last("no number", {16, 1}) == Grade::no_number);
  CHECK(last("", {0, 1}) == Grade::no_number);
  // 20 digits are none: no number that a fraction of 64 bits holds.
  CHECK(last("12345678901234567890", {16, 1}) == Grade::no_number);
}

TEST_CASE("the boundary is exact, and as the original has it", "[grade]") {
  // In doubles 16 - 15.99 is 0.00999...
  CHECK(last("15.99", {16, 1}) == Grade::wrong);
  CHECK(last("16.01", {16, 1}) == Grade::wrong);
  CHECK(last("15.9901", {16, 1}) == Grade::right);
  CHECK(published("15.99", {16, 1}) == Grade::right);
  CHECK(is_nearer_than_a_hundredth({1, 3}, {343, 1000}));        // 0.00966...
  CHECK_FALSE(is_nearer_than_a_hundredth({1, 3}, {344, 1000}));  // 0.01066...
  // Products of 36 digits.
  const Rational far = {999'999'999'999'999'999, 999'999'999'999'999'998};
  CHECK(is_nearer_than_a_hundredth(far, {1, 1}));
  CHECK_FALSE(is_nearer_than_a_hundredth(far, {99, 100}));
  CHECK(is_nearer_than_a_hundredth(far, {999'999'999'999'999'996, 999'999'999'999'999'997}));
  CHECK_FALSE(is_nearer_than_a_hundredth({999'999'999'999'999'999, 1}, {1, 1}));
}

TEST_CASE("the two graders read different numbers", "[grade]") {
  CHECK(last("1,234 apples", {1234, 1}) == Grade::right);
  CHECK(published("1,234 apples", {1234, 1}) == Grade::wrong);
  CHECK(published("The answer is: 5. Check: 7", {5, 1}) == Grade::right);
  CHECK(last("The answer is: 5. Check: 7", {5, 1}) == Grade::wrong);
  CHECK(published("nothing", {5, 1}) == Grade::no_number);
}

}  // namespace phiscope::analyze::steps::grade_test
