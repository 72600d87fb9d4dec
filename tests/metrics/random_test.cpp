// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/random.hpp>

#include <array>
#include <cstdlib>

using phiscope::uniform_below;

TEST_CASE("the engine is the one that the standard fixes", "[random]") {
  std::mt19937_64 engine;
  engine.discard(9999);
  CHECK(engine() == 9981545732273789042ULL);
}

TEST_CASE("uniform_below stays below and reaches every number equally often", "[random]") {
  std::mt19937_64 engine(1);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60000; ++i) ++counts.at(uniform_below(engine, 6));
  for (const int count : counts) CHECK(std::abs(count - 10000) < 400);  // 4.4 standard deviations
}

TEST_CASE("uniform_below of one is zero, of nothing an error", "[random]") {
  std::mt19937_64 engine(1);
  CHECK(uniform_below(engine, 1) == 0);
  CHECK_THROWS_AS(uniform_below(engine, 0), std::invalid_argument);
}
