// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "cluster_cases.hpp"
#include "random_rows.hpp"

#include <phiscope/adjusted_rand_index.hpp>

#include <algorithm>
#include <numeric>

using phiscope::adjusted_rand_index;
using phiscope::Status;
using phiscope::Value;
using RowLabels = std::vector<std::int64_t>;

TEST_CASE("the agreement of small partitions", "[adjusted_rand_index]") {
  // Pairs together: 2 and 3 of 6; both in 1. Expected 2 * 3 / 6 = 1: as good as chance.
  CHECK(adjusted_rand_index(RowLabels{0, 0, 1, 1}, RowLabels{0, 0, 0, 1}) == Value(0.0));
  // Pairs together: 4 and 2 of 10, both in 2: (2 - 0.8) / (3 - 0.8).
  CHECK(adjusted_rand_index(RowLabels{0, 0, 0, 1, 1}, RowLabels{5, 5, 4, 3, 3}).value() ==
        Approx(1.2 / 2.2));
  CHECK(adjusted_rand_index(RowLabels{0, 0, 1, 1}, RowLabels{9, 9, -4, -4}) == Value(1.0));
  CHECK(adjusted_rand_index(RowLabels{0, 0, 1, 1}, RowLabels{0, 1, 0, 1}).value() == Approx(-0.5));
  CHECK(adjusted_rand_index(RowLabels{0, 1}, RowLabels{3, 3}) == Value(0.0));
}

TEST_CASE("agreements are those of scikit-learn", "[adjusted_rand_index]") {
  for (const auto& one : phiscope::test::cluster_cases()) {
    const double expected = one.expected.at("adjusted_rand");
    CHECK(adjusted_rand_index(one.labels, one.other).value() == Approx(expected).epsilon(1e-13));
    CHECK(adjusted_rand_index(one.other, one.labels).value() == Approx(expected).epsilon(1e-13));
  }
}

TEST_CASE("the mean agreement over all permutations of labels is 0", "[adjusted_rand_index]") {
  const RowLabels a{0, 0, 0, 1, 1, 2, 2};
  const RowLabels b{0, 0, 1, 1, 1, 1, 2};
  std::vector<std::size_t> order(a.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  double sum = 0.0;
  do {
    RowLabels permuted;
    for (const std::size_t i : order) permuted.push_back(b[i]);
    sum += adjusted_rand_index(a, permuted).value();
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(sum / 5040 == Approx(0.0).margin(1e-13));
}

TEST_CASE("without two rows, or a partition that could agree less, there is no index",
          "[adjusted_rand_index]") {
  CHECK(adjusted_rand_index(RowLabels{}, RowLabels{}) == Value(Status::too_few_rows));
  CHECK(adjusted_rand_index(RowLabels{1}, RowLabels{2}) == Value(Status::too_few_rows));
  CHECK(adjusted_rand_index(RowLabels{1, 1, 1}, RowLabels{2, 2, 2}) == Value(Status::constant));
  CHECK(adjusted_rand_index(RowLabels{1, 2, 3}, RowLabels{6, 5, 4}) == Value(Status::constant));
  CHECK_THROWS_WITH(adjusted_rand_index(RowLabels{1, 2}, RowLabels{1}),
                    Contains("2 and 1 labels, expected as many of both"));
}
