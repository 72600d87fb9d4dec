// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/answer_logit_difference.hpp>

#include <limits>
#include <vector>

using phiscope::answer_logit_difference;
using phiscope::Status;
using phiscope::Value;
using Tokens = std::vector<std::int64_t>;

TEST_CASE("the preference for the clean answer", "[answer_logit_difference]") {
  const std::vector<float> logits{1, 2, 4, 8, 16};
  const auto found = answer_logit_difference(std::span(logits).first(5), Tokens{3, 4}, Tokens{0});
  CHECK(found.clean_score == Value(12.0));
  CHECK(found.corrupted_score == Value(1.0));
  CHECK(found.difference == Value(11.0));
}

TEST_CASE("swapping the answers changes the sign, their order nothing",
          "[answer_logit_difference]") {
  const std::vector<double> logits{0.1, -7.3, 2.5, 1e-3};
  const std::span<const double> row(logits);
  const auto forward = answer_logit_difference(row, Tokens{0, 2, 2}, Tokens{1, 3});
  const auto backward = answer_logit_difference(row, Tokens{3, 1}, Tokens{2, 0, 2});
  CHECK(forward.difference.value() == -backward.difference.value());
  CHECK(forward.clean_score.value() == Approx((0.1 + 2.5 + 2.5) / 3.0).epsilon(1e-15));
  CHECK(answer_logit_difference(row, Tokens{1}, Tokens{1}).difference == Value(0.0));
}

TEST_CASE("an answer without a token or with a broken logit is undefined",
          "[answer_logit_difference]") {
  const std::vector<double> logits{1, std::numeric_limits<double>::quiet_NaN(), 3};
  const std::span<const double> row(logits);
  const auto empty = answer_logit_difference(row, Tokens{}, Tokens{0});
  CHECK(empty.clean_score == Value(Status::too_few_rows));
  CHECK(empty.difference == Value(Status::too_few_rows));
  CHECK(empty.corrupted_score == Value(1.0));
  CHECK(answer_logit_difference(row, Tokens{0}, Tokens{1}).difference == Value(Status::nonfinite));
  CHECK(answer_logit_difference(row, Tokens{0}, Tokens{2}).difference == Value(-2.0));
  CHECK_THROWS_WITH(answer_logit_difference(row, Tokens{3}, Tokens{0}), Contains("token 3"));
  CHECK_THROWS_WITH(answer_logit_difference(row, Tokens{0}, Tokens{-1}), Contains("token -1"));
}
