// SPDX-License-Identifier: MIT
#include "parallel.hpp"

#include "catch.hpp"

#include <stdexcept>

TEST_CASE("every tile is visited once, with any number of threads", "[parallel]") {
  const std::size_t threads = GENERATE(0, 1, 2, 7, 100);
  const std::size_t count = GENERATE(0, 1, 2, 50);
  std::vector<int> visits(count, 0);
  phiscope::for_each_tile(count, threads, [&](std::size_t i) { ++visits[i]; });
  CHECK(visits == std::vector<int>(count, 1));
}

TEST_CASE("an exception in a tile reaches the caller and ends the work", "[parallel]") {
  const std::size_t threads = GENERATE(1, 2, 5);
  std::atomic<int> visited = 0;
  const auto tile = [&](std::size_t i) {
    ++visited;
    if (i == 3) throw std::runtime_error("tile 3");
  };
  CHECK_THROWS_WITH(phiscope::for_each_tile(100000, threads, tile), "tile 3");
  CHECK(visited < 100000);
}
