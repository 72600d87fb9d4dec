// SPDX-License-Identifier: MIT
#include "report/logit_check.hpp"

#include "analyze/reduced_logits.hpp"
#include "catch.hpp"

#include <cmath>

namespace phiscope::report::logit_check_test {

namespace {

const std::vector<double> before = {0.5, -1.0, 2.0, 0.25};
const std::vector<double> after = {1.5, -0.5, 0.5, 0.125};
const std::vector<std::int64_t> tokens = {0, 3};
const std::filesystem::path file = "logits.npy";

/// The row as it must be, by definition.
ReducedRow right_row() {
  const test::ReducedLogits row = test::reduce_logits(before, after, tokens);
  return {.kl = row.kl,
          .reverse_kl = row.reverse_kl,
          .prediction_changed = row.prediction_changed,
          .l2 = row.l2,
          .token_score = row.token_score,
          .token_log_probability = row.token_log_probability};
}

/// What is said of a row; empty if it is right.
std::string said(const ReducedRow& row, const std::vector<std::int64_t>& scored = tokens) {
  LogitCheck check;
  RowCheck same(file, 4, check);
  try {
    same.divergences(before, after, row);
    same.scores(after, scored, row);
  } catch (const std::exception& error) {
    return error.what();
  }
  CHECK(check.largest < 1e-6);
  return "";
}

}  // namespace

TEST_CASE("a row that its logits give is accepted, with or without a distance", "[logit_check]") {
  ReducedRow row = right_row();
  CHECK(said(row).empty());
  row.l2.reset();
  CHECK(said(row).empty());
}

TEST_CASE("every number that the logits do not give is named", "[logit_check]") {
  const std::vector<std::pair<const char*, double ReducedRow::*>> members = {
      {"kl", &ReducedRow::kl},
      {"reverse_kl", &ReducedRow::reverse_kl},
      {"prediction_changed", &ReducedRow::prediction_changed},
      {"token_score", &ReducedRow::token_score},
      {"token_log_probability", &ReducedRow::token_log_probability}};
  for (const auto& [name, member] : members) {
    ReducedRow row = right_row();
    row.*member += 4e-6;
    CHECK_THAT(said(row),
               Contains("logits.npy: row 4: the logits give " + std::string(name) + " "));
    row.*member = std::nan("");
    CHECK_THAT(said(row), Contains("found no finite number in its array"));
    row = right_row();
    row.*member += 5e-7;
    CHECK(said(row).empty());
  }
  ReducedRow row = right_row();
  *row.l2 += 1e-5;
  CHECK_THAT(said(row), Contains("the logits give l2 "));
  CHECK_THAT(said(right_row(), {4}), Contains("row 4: scores token 4, expected one of 4"));
}

TEST_CASE("the line says how many rows, and of how many the tokens are not known",
          "[logit_check]") {
  CHECK(logit_line({.rows = 12, .unscored = 0, .largest = 0.0}) ==
        "Logits: 12 rows recomputed, largest difference 0.");
  CHECK_THAT(logit_line({.rows = 12, .unscored = 5, .largest = 0.25}),
             Contains("difference 0.250; the scores of 5 rows were not, since plan.json"));
}

}  // namespace phiscope::report::logit_check_test
