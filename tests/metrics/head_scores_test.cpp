// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/head_scores.hpp>

#include <vector>

using phiscope::Status;
using phiscope::Value;

TEST_CASE("the mean of a head is over its other pairs that count", "[head_scores]") {
  const std::vector<double> pairs{9, 1, 3, 1, 9, 5, 3, 5, 9};
  const auto all = phiscope::head_means({pairs, 3, 3}, [](auto, auto) { return true; });
  CHECK(all.mean == std::vector<Value>{2.0, 3.0, 4.0});
  CHECK(all.n_pairs == std::vector<std::size_t>{2, 2, 2});
  const auto few = phiscope::head_means({pairs, 3, 3}, [](auto i, auto j) { return i + j == 3; });
  CHECK(few.mean == std::vector<Value>{Status::no_pairs, 5.0, 5.0});
  CHECK_THROWS_WITH(phiscope::head_means({pairs, 1, 9}, [](auto, auto) { return true; }),
                    Contains("1 x 9 pairs, expected a square"));
}

TEST_CASE("min-max scaling maps the smallest to 0 and the largest to 1", "[head_scores]") {
  const std::vector<Value> numbers{3.0, -1.0, Status::no_pairs, 1.0};
  CHECK(phiscope::min_max(numbers) == std::vector<Value>{1.0, 0.0, Status::no_pairs, 0.5});
  const std::vector<Value> equal{2.0, Status::no_pairs, 2.0};
  CHECK(phiscope::min_max(equal) ==
        std::vector<Value>{Status::constant, Status::no_pairs, Status::constant});
  CHECK(phiscope::min_max({}).empty());
}

TEST_CASE("ordinal ranks break ties by place and skip what is undefined", "[head_scores]") {
  const std::vector<Value> numbers{5.0, 1.0, Status::no_pairs, 5.0, 1.0, -2.0};
  CHECK(phiscope::ordinal_ranks(numbers) == std::vector<std::size_t>{4, 2, 0, 5, 3, 1});
}

TEST_CASE("heads are removed from the highest score on, undefined ones last", "[head_scores]") {
  const std::vector<Value> scores{0.5, Status::no_pairs, 1.0, 0.5, Status::no_pairs, 0.0};
  CHECK(phiscope::descending_order(scores) == std::vector<std::size_t>{2, 0, 3, 5, 1, 4});
}
