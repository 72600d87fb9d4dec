// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/ordinal_ranks.hpp>

#include <vector>

using phiscope::ordinal_ranks;
using Ranks = std::vector<std::size_t>;

TEST_CASE("of equal numbers the first has the lower rank", "[ordinal_ranks]") {
  CHECK(ordinal_ranks(std::vector<double>{30, 10, 20}) == Ranks{3, 1, 2});
  CHECK(ordinal_ranks(std::vector<double>{5, 1, 5, 1, 5}) == Ranks{3, 1, 4, 2, 5});
  CHECK(ordinal_ranks(std::vector<double>{0.0, -0.0}) == Ranks{1, 2});
  CHECK(ordinal_ranks(std::vector<double>{}).empty());
  CHECK(ordinal_ranks(std::vector<double>{7}) == Ranks{1});
}

TEST_CASE("ordinal ranks count the smaller numbers and the equal ones before", "[ordinal_ranks]") {
  const auto seed = GENERATE(range(0U, 10U));
  std::vector<double> numbers;
  for (const auto label : phiscope::test::random_labels(seed, 200, 30)) {
    numbers.push_back(static_cast<double>(label));
  }
  const Ranks ranks = ordinal_ranks(numbers);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::size_t rank = 1;
    for (std::size_t j = 0; j < numbers.size(); ++j) {
      if (numbers[j] < numbers[i] || (numbers[j] == numbers[i] && j < i)) ++rank;
    }
    REQUIRE(ranks[i] == rank);
  }
}
