// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/loop_period.hpp>

#include <cstdint>
#include <optional>
#include <vector>

using phiscope::loop_period;

namespace {

std::vector<std::int64_t> text(std::size_t fresh, std::size_t period, std::size_t looped) {
  std::vector<std::int64_t> tokens;
  for (std::size_t t = 0; t < fresh; ++t) tokens.push_back(1000 + static_cast<std::int64_t>(t));
  for (std::size_t t = 0; t < looped; ++t) tokens.push_back(static_cast<std::int64_t>(t % period));
  return tokens;
}

std::optional<std::size_t> period_of(const std::vector<std::int64_t>& tokens,
                                     phiscope::LoopOptions options = {}) {
  return loop_period<std::int64_t>(tokens, options);
}

}  // namespace

TEST_CASE("the smallest period of the last 50 tokens is found", "[loop_period]") {
  CHECK(period_of(text(50, 1, 50)) == 1);
  CHECK(period_of(text(50, 7, 50)) == 7);
  CHECK(period_of(text(0, 25, 100)) == 25);
  CHECK_FALSE(period_of(text(50, 26, 50)));
  CHECK_FALSE(period_of(text(51, 7, 49)));  // one fresh token in the tail
  auto late = text(50, 7, 50);
  late.back() = 99;
  CHECK_FALSE(period_of(late));
}

TEST_CASE("a text shorter than the tail has no loop", "[loop_period]") {
  CHECK_FALSE(period_of(text(0, 1, 49)));
  CHECK_FALSE(period_of({}));
  CHECK(period_of(text(0, 2, 8), {.tail = 8, .max_period = 4}) == 2);
}

TEST_CASE("a loop must be seen twice", "[loop_period]") {
  CHECK_THROWS_AS(period_of({}, {.max_period = 0}), std::invalid_argument);
  CHECK_THROWS_AS(period_of({}, {.tail = 50, .max_period = 26}), std::invalid_argument);
}
