// SPDX-License-Identifier: MIT
#include "program/parallel.hpp"

#include "catch.hpp"

#include <stdexcept>

TEST_CASE("every tile is visited once, with any number of threads", "[parallel]") {
  const std::size_t threads = GENERATE(0U, 1U, 2U, 7U, 100U);
  const std::size_t count = GENERATE(0U, 1U, 2U, 50U);
  std::vector<int> visits(count, 0);
  phiscope::for_each_tile(count, threads, [&](std::size_t i) { ++visits[i]; });
  CHECK(visits == std::vector<int>(count, 1));
}

TEST_CASE("an exception in a tile reaches the caller and ends the work", "[parallel]") {
  const std::size_t threads = GENERATE(1U, 2U, 5U);
  std::atomic<int> visited = 0;
  const auto tile = [&](std::size_t i) {
    ++visited;
    if (i == 3) throw std::runtime_error("tile 3");
  };
  CHECK_THROWS_WITH(phiscope::for_each_tile(100000, threads, tile), "tile 3");
  CHECK(visited < 100000);
}
