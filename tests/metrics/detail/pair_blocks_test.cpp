// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/pair_blocks.hpp>

#include <vector>

using phiscope::pair_blocks;
using phiscope::pair_count;
using phiscope::pair_index;
using phiscope::PairBlock;

TEST_CASE("pairs are numbered in lexicographic order", "[pair_blocks]") {
  for (const std::size_t series : std::vector<std::size_t>{0, 1, 2, 3, 8, 9}) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < series; ++i) {
      for (std::size_t j = i + 1; j < series; ++j) CHECK(pair_index(i, j, series) == next++);
    }
    CHECK(pair_count(series) == next);
  }
  CHECK(pair_count(10000) == 49995000);
  CHECK(pair_index(9998, 9999, 10000) == 49994999);
}

TEST_CASE("blocks hold every pair once", "[pair_blocks]") {
  const std::size_t series = GENERATE(as<std::size_t>{}, 0, 1, 2, 4, 9, 12, 13);
  const std::size_t width = GENERATE(as<std::size_t>{}, 1, 3, 4, 100);
  CAPTURE(series, width);
  std::vector<int> seen(pair_count(series), 0);
  for (const PairBlock& block : pair_blocks(series, width)) {
    CHECK(block.count_i <= width);
    CHECK(block.count_j <= width);
    for (std::size_t i = block.first_i; i < block.first_i + block.count_i; ++i) {
      for (std::size_t j = block.first_j; j < block.first_j + block.count_j; ++j) {
        REQUIRE(j < series);
        if (i < j) ++seen[pair_index(i, j, series)];
      }
    }
  }
  for (const int times : seen) CHECK(times == 1);
}

TEST_CASE("blocks need a width", "[pair_blocks]") {
  CHECK_THROWS_AS(pair_blocks(3, 0), std::invalid_argument);
}
