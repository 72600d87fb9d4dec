// SPDX-License-Identifier: MIT
#include "steps/analysis/measure.hpp"

#include "catch.hpp"

#include <limits>
#include <set>

namespace phiscope::analyze::steps::measure_test {

namespace {

/// The i-th row of a run that begins at a number; no two of its numbers are equal.
Row numbered(double first, std::size_t i) {
  const double at = first + static_cast<double>(i);
  return {.kl = at + 0.125,
          .reverse_kl = at + 0.25,
          .prediction_changed = i % 2 == 1 ? 1.0 : 0.0,
          .token_score = 10.0 * at,
          .token_log_probability = -at - 0.0625 * static_cast<double>(i * i)};
}

Rows numbered_rows(double first, std::size_t count) {
  Rows rows;
  for (std::size_t i = 0; i < count; ++i) rows.emplace_back(numbered(first, i));
  return rows;
}

const Value& at(const Measured& measured, Measure measure) {
  return measured[static_cast<std::size_t>(measure)];
}

Problem problem_of(const Rational& gold) {
  return {.gold = gold};
}

}  // namespace

TEST_CASE("measures are means over the answer's tokens, worked out by hand", "[measure]") {
  const Measured found = measure(numbered_rows(5.0, 4), numbered_rows(1.0, 4));
  // Tokens at 6, 7 and 8; the end of the thoughts, 5, is left out.
  CHECK(at(found, Measure::kl).value() == Approx(7.25));
  CHECK(at(found, Measure::kl_from_baseline).value() == Approx(7.125));
  CHECK(at(found, Measure::log_probability_drop).value() == Approx(4.0));
  CHECK(at(found, Measure::surprisal).value() == Approx(7.0 + 0.0625 * (1.0 + 4.0 + 9.0) / 3.0));
  CHECK(at(found, Measure::prediction_change_rate).value() == Approx(2.0 / 3.0));
}

TEST_CASE("what an answer does not have is undefined, and NaN is no number", "[measure]") {
  for (const Value& value : measure(numbered_rows(1.0, 1), numbered_rows(2.0, 1))) {
    CHECK(value.status() == Status::too_few_rows);
  }
  Rows rows = numbered_rows(1.0, 3);
  rows[2]->reverse_kl = std::numeric_limits<double>::quiet_NaN();
  const Measured found = measure(rows, numbered_rows(2.0, 3));
  CHECK(at(found, Measure::kl).status() == Status::nonfinite);
  CHECK(at(found, Measure::kl_from_baseline).ok());
}

TEST_CASE("answers are counted by what became of them", "[measure]") {
  Counts counts;
  using G = Grade;
  counts.add(G::right, G::right);
  counts.add(G::right, G::wrong);
  counts.add(G::right, G::no_number);
  counts.add(G::wrong, G::right);
  counts.add(G::wrong, G::wrong);
  counts.add(G::no_number, G::no_number);
  counts.add(G::no_number, G::right);
  counts.add(G::right, std::nullopt);
  counts.add(std::nullopt, G::right);
  CHECK(counts.problems == 9);
  CHECK(counts.unknown == 2);
  CHECK(counts.known() == 7);
  CHECK(counts.baseline_right == 3);
  CHECK(counts.baseline_wrong() == 4);
  CHECK(counts.broken == 2);
  CHECK(counts.repaired == 2);
  CHECK(counts.right() == 3);
  CHECK(counts.no_number == 2);
}

TEST_CASE("a problem is graded in every lane whose answer is known", "[measure]") {
  ProblemRows rows;
  rows.baseline_text = "The answer is: 4";
  rows.texts = {"4", "5", std::nullopt, "none"};
  const Graded graded = grade_problem(problem_of({4, 1}), rows, Grader::last_number);
  CHECK(graded.baseline == Grade::right);
  REQUIRE(graded.lanes.size() == 4);
  CHECK(graded.lanes[0] == Grade::right);
  CHECK(graded.lanes[1] == Grade::wrong);
  CHECK_FALSE(graded.lanes[2].has_value());
  CHECK(graded.lanes[3] == Grade::no_number);
  rows.baseline_text.reset();
  rows.texts[0] = "1,004";
  const Graded other = grade_problem(problem_of({1004, 1}), rows, Grader::published);
  CHECK_FALSE(other.baseline.has_value());
  CHECK(other.lanes[0] == Grade::wrong);
}

TEST_CASE("each measure has a name, a unit and a definition of its own", "[measure]") {
  std::set<std::string> names;
  std::set<std::string> definitions;
  for (const Measure measure : all_measures()) {
    names.insert(std::string(measure_name(measure)));
    definitions.insert(measure_definition(measure));
  }
  CHECK(names.size() == measure_count);
  CHECK(definitions.size() == measure_count);
  CHECK(measure_name(Measure::kl) == "kl");
  CHECK(measure_definition(Measure::kl).starts_with("KL(changed || baseline)"));
  CHECK(measure_definition(Measure::kl_from_baseline).starts_with("KL(baseline || changed)"));
  CHECK(measure_unit(Measure::surprisal) == "nats");
  CHECK(measure_unit(Measure::prediction_change_rate) == "share");
}

}  // namespace phiscope::analyze::steps::measure_test
