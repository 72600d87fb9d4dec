// SPDX-License-Identifier: MIT
#include "phiid/analysis/sensitivity.hpp"

#include "analyze/phiid/phiid_run.hpp"
#include "catch.hpp"
#include "phiid/analysis/analysis.hpp"

#include <phiscope/rank_correlation.hpp>

namespace phiscope::analyze::phiid::sensitivity_test {

namespace {

Input small_input() {
  Input input;
  input.layers = {0, 1, 2};
  input.heads_per_layer = 3;
  for (std::uint64_t p = 0; p < 3; ++p) {
    Prompt prompt;
    prompt.steps = 60;
    prompt.values = test::independent_series(p, 60, 9);
    input.prompts.push_back(std::move(prompt));
  }
  return input;
}

std::vector<double> balance_of(const Input& input, const Options& options) {
  std::vector<double> result;
  const HeadScores scores = analyze(input, options).scores;
  for (const Value& score : scores.of(Ranking::balance)) result.push_back(score.value());
  return result;
}

}  // namespace

TEST_CASE("each row is a whole analysis of its own", "[sensitivity]") {
  const Input input = small_input();
  Options options;
  options.resamples = 0;
  const auto rows = sensitivity(input, analyze(input, options).scores, options);
  REQUIRE(rows.size() == 36);
  const std::vector<double> own = balance_of(input, options);
  std::size_t same = 0;
  for (const SensitivityRow& row : rows) {
    same += row.rank_correlation == Value(1.0) ? 1 : 0;
    if (row.redundancy == Redundancy::ccs) continue;  // heads without a score
    Options other = options;
    other.phiid.lag = row.lag;
    other.phiid.kind = row.kind;
    other.detrend = row.detrend;
    CAPTURE(row.lag, detrend_name(row.detrend));
    CHECK(row.heads == 9);
    CHECK(row.rank_correlation == rank_correlation(own, balance_of(input, other)));
  }
  CHECK(rows.front().rank_correlation == Value(1.0));  // the way of the run itself
  CHECK(same < 18);
}

TEST_CASE("common change in surprisal compares the heads that have a score", "[sensitivity]") {
  const Input input = small_input();
  Options options;
  options.resamples = 0;
  const HeadScores scores = analyze(input, options).scores;
  const SensitivityRow row = sensitivity(input, scores, options)[2];
  REQUIRE(row.redundancy == Redundancy::ccs);
  options.phiid.redundancy = Redundancy::ccs;
  std::size_t scored = 0;
  const HeadScores other = analyze(input, options).scores;
  for (const Value& score : other.of(Ranking::balance)) scored += score.ok() ? 1 : 0;
  CHECK(row.heads == scored);
}

TEST_CASE("trends have the names that --detrend takes", "[sensitivity]") {
  CHECK(detrend_name(Detrend::none) == "none");
  CHECK(detrend_name(Detrend::linear) == "linear");
  CHECK(detrend_name(Detrend::difference) == "difference");
  CHECK(detrend_name(Detrend::poly2) == "poly2");
  CHECK(detrend_name(Detrend::log) == "log");
}

}  // namespace phiscope::analyze::phiid::sensitivity_test
