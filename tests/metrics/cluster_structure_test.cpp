// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/cluster_structure.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using phiscope::cluster_structure;
using phiscope::ClusterStructure;
using phiscope::MatrixView;
using phiscope::PairSet;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::first_words;
using phiscope::test::random_rows;
using phiscope::test::twelve_words;

TEST_CASE("the structure of three points on a line", "[cluster_structure]") {
  const std::vector<double> values{0, 2, 7, 10};
  const MatrixView<double> rows(values, 4, 1);
  const PairSet pairs{.cross = {{0, 2}, {1, 3}}, .within = {{0, 1}, {2, 3}}};
  const ClusterStructure found = cluster_structure(rows, pairs);
  CHECK(found.cross == Value(7.5));   // (7 + 8) / 2
  CHECK(found.within == Value(2.5));  // (2 + 3) / 2
  CHECK(found.ratio == Value(3.0));
  CHECK(found.energy == Value(6.5));  // (4 + 9) / 2
}

TEST_CASE("the structure has the unit of its rows", "[cluster_structure]") {
  const auto seed = GENERATE(range(0U, 5U));
  const PairSet pairs = phiscope::pair_set(first_words(12), twelve_words());
  auto x = random_rows(seed, 12, 20);
  const ClusterStructure before = cluster_structure(x.view(), pairs);
  for (double& value : x.values) value = 8.0 * value + 64.0;
  const ClusterStructure after = cluster_structure(x.view(), pairs);
  CHECK(after.ratio.value() == Approx(before.ratio.value()).epsilon(1e-13));
  CHECK(after.cross.value() == Approx(8.0 * before.cross.value()).epsilon(1e-13));
  CHECK(after.within.value() == Approx(8.0 * before.within.value()).epsilon(1e-13));
  CHECK(after.energy.value() == Approx(64.0 * before.energy.value()).epsilon(1e-13));
}

TEST_CASE("the structure does not depend on the order of rows", "[cluster_structure]") {
  const auto x = random_rows(1, 12, 20);
  std::vector<std::int64_t> words = first_words(12);
  const ClusterStructure before =
      cluster_structure(x.view(), phiscope::pair_set(words, twelve_words()));
  phiscope::test::Rows<double> reversed{{}, 12, 20};
  for (std::size_t i = 12; i-- > 0;) {
    const auto row = x.view().row(i);
    reversed.values.insert(reversed.values.end(), row.begin(), row.end());
  }
  std::reverse(words.begin(), words.end());
  const ClusterStructure after =
      cluster_structure(reversed.view(), phiscope::pair_set(words, twelve_words()));
  CHECK(after.ratio.value() == Approx(before.ratio.value()).epsilon(1e-15));
  CHECK(after.energy.value() == Approx(before.energy.value()).epsilon(1e-15));
}

TEST_CASE("the mean of squares is at least the square of the mean", "[cluster_structure]") {
  const auto seed = GENERATE(range(0U, 20U));
  const auto x = random_rows<float>(seed, 12, 5, 100.0);
  const auto found =
      cluster_structure(x.view(), phiscope::pair_set(first_words(12), twelve_words()));
  CHECK(found.energy.value() >= std::pow(found.within.value(), 2));
  CHECK(found.ratio.value() >= 0.0);
  CHECK(found.ratio.value() <= 1000.0);
}

TEST_CASE("each number of the structure is undefined for its own reason", "[cluster_structure]") {
  const auto x = random_rows(0, 4, 3);
  const ClusterStructure no_cross = cluster_structure(x.view(), {.cross = {}, .within = {{0, 1}}});
  CHECK(no_cross.ratio == Value(Status::no_cross_pairs));
  CHECK(no_cross.cross == Value(Status::no_cross_pairs));
  CHECK(no_cross.within.ok());
  CHECK(no_cross.energy.ok());
  const ClusterStructure no_within = cluster_structure(x.view(), {.cross = {{0, 1}}, .within = {}});
  CHECK(no_within.ratio == Value(Status::no_within_pairs));
  CHECK(no_within.cross.ok());
  CHECK(no_within.within == Value(Status::no_within_pairs));
  CHECK(no_within.energy == Value(Status::no_within_pairs));
  const ClusterStructure none = cluster_structure(x.view(), {});
  CHECK(none.ratio == Value(Status::no_cross_pairs));
  auto broken = x;
  broken.values[0] = std::nan("");
  const ClusterStructure nan =
      cluster_structure(broken.view(), {.cross = {{0, 1}}, .within = {{2, 3}}});
  CHECK(nan.ratio == Value(Status::nonfinite));
  CHECK(nan.cross == Value(Status::nonfinite));
  CHECK(nan.within.ok());
}

TEST_CASE("equal rows are constant, and nearly equal ones are floored", "[cluster_structure]") {
  const PairSet pairs{.cross = {{0, 1}}, .within = {{1, 2}}};
  const std::vector<double> equal{5, 5, 5};
  const ClusterStructure same = cluster_structure(MatrixView<double>(equal, 3, 1), pairs);
  CHECK(same.ratio == Value(Status::constant));
  CHECK(same.cross == Value(0.0));
  CHECK(same.energy == Value(0.0));
  CHECK_FALSE(same.floored);
  const std::vector<double> near{0, 8e-12, 12e-12};
  const ClusterStructure tiny = cluster_structure(MatrixView<double>(near, 3, 1), pairs);
  CHECK(tiny.floored);
  CHECK(tiny.ratio.value() == Approx(0.08).epsilon(1e-12));
  const std::vector<double> wide{0, 8, 12};
  CHECK_FALSE(cluster_structure(MatrixView<double>(wide, 3, 1), pairs).floored);
}
