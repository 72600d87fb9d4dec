// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/pair_distances.hpp>

#include <cmath>
#include <vector>

using phiscope::MatrixView;
using phiscope::Pair;
using phiscope::squared_distances;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_rows;

TEST_CASE("squared distances come in the order of the pairs", "[pair_distances]") {
  const std::vector<double> values{0, 0, 3, 4, 6, 8};
  const MatrixView<double> rows(values, 3, 2);
  const std::vector<Pair> pairs{{1, 2}, {0, 2}, {0, 1}, {1, 1}};
  CHECK(squared_distances(rows, pairs) == std::vector<double>{25, 100, 25, 0});
  CHECK(squared_distances(rows, {}).empty());
}

TEST_CASE("squared distances agree with one pair at a time at every width", "[pair_distances]") {
  const std::size_t units =
      GENERATE(as<std::size_t>{}, 0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 300);
  CAPTURE(units);
  const auto x = random_rows<float>(units, 9, units, 10.0, 3.0);
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < 9; ++i) {
    for (std::size_t j = i + 1; j < 9; ++j) pairs.push_back({i, j});
  }
  const std::vector<double> squared = squared_distances(x.view(), pairs);
  REQUIRE(squared.size() == pairs.size());
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    double expected = 0.0;
    for (std::size_t j = 0; j < units; ++j) {
      expected += std::pow(
          double{x.view().row(pairs[k].first)[j]} - double{x.view().row(pairs[k].second)[j]}, 2);
    }
    CHECK(squared[k] == Approx(expected).epsilon(1e-14));
  }
}

TEST_CASE("rows of a layer have the distances of rows on their own", "[pair_distances]") {
  const auto array = random_rows<float>(5, 4, 3 * 40);  // [row, layer, unit]
  const std::vector<Pair> pairs{{0, 1}, {0, 3}, {2, 3}};
  for (std::size_t layer = 0; layer < 3; ++layer) {
    const std::span<const float> from = std::span(array.values).subspan(layer * 40);
    std::vector<float> alone;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto row = array.view().row(i).subspan(layer * 40, 40);
      alone.insert(alone.end(), row.begin(), row.end());
    }
    CHECK(squared_distances(MatrixView<float>(from, 4, 40, 120), pairs) ==
          squared_distances(MatrixView<float>(alone, 4, 40), pairs));
  }
}

TEST_CASE("a pair of a row that is not there is refused", "[pair_distances]") {
  const auto x = random_rows(0, 3, 4);
  CHECK_THROWS_WITH(squared_distances(x.view(), std::vector<Pair>{{0, 3}}),
                    Contains("pair (0, 3) of 3 rows"));
}

TEST_CASE("the mean distance is the mean of roots, not the root of the mean", "[pair_distances]") {
  const std::vector<double> squared{9, 25};
  CHECK(phiscope::mean_distance(squared, Status::no_cross_pairs) == Value(4.0));
  CHECK(phiscope::mean(squared, Status::no_cross_pairs) == Value(17.0));
  CHECK(phiscope::mean_distance({}, Status::no_within_pairs) == Value(Status::no_within_pairs));
  const std::vector<double> with_nan{9, std::nan("")};
  CHECK(phiscope::mean_distance(with_nan, Status::no_cross_pairs) == Value(Status::nonfinite));
}
