// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/cluster_separation.hpp>

#include <cmath>
#include <vector>

using phiscope::cluster_separation;
using phiscope::ClusterSeparation;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;

TEST_CASE("the separation of two clusters in the plane", "[cluster_separation]") {
  // Cluster 0: (0,0) (2,0), variance trace 2; cluster 1: (10,0) (10,4), trace 8; centres (1,0),
  // (10,2).
  const std::vector<double> values{0, 0, 2, 0, 10, 0, 10, 4};
  const std::vector<std::int64_t> clusters{0, 0, 1, 1};
  const ClusterSeparation found = cluster_separation(MatrixView<double>(values, 4, 2), clusters);
  CHECK(found.between == Value(85.0));
  CHECK(found.within_trace == Value(5.0));
  CHECK(found.within_per_unit == Value(2.5));
  CHECK(found.per_unit == Value(34.0));
  CHECK(found.per_unit_unbounded == Value(34.0));
  CHECK(found.trace == Value(17.0));
}

TEST_CASE("the trace form does not grow with the number of units", "[cluster_separation]") {
  const auto one = phiscope::test::random_rows<float>(1, 12, 5);
  const auto clusters = phiscope::test::random_labels(2, 12, 3);
  phiscope::test::Rows<float> twice{{}, 12, 10};  // every unit twice
  for (std::size_t i = 0; i < 12; ++i) {
    for (int copy = 0; copy < 2; ++copy) {
      const auto row = one.view().row(i);
      twice.values.insert(twice.values.end(), row.begin(), row.end());
    }
  }
  const auto before = cluster_separation(one.view(), clusters);
  const auto after = cluster_separation(twice.view(), clusters);
  CHECK(after.trace.value() == Approx(before.trace.value()).epsilon(1e-13));
  CHECK(after.per_unit.value() == Approx(2.0 * before.per_unit.value()).epsilon(1e-13));
}

TEST_CASE("the bounded separations stay below 1000, the published one does not",
          "[cluster_separation]") {
  const std::vector<double> values{0, 1e-9, 5, 5};
  const ClusterSeparation found =
      cluster_separation(MatrixView<double>(values, 4, 1), std::vector<std::int64_t>{0, 0, 1, 1});
  CHECK(found.per_unit.value() == Approx(1000.0).epsilon(1e-12));
  CHECK(found.trace.value() == Approx(1000.0).epsilon(1e-12));
  CHECK(found.per_unit_unbounded.value() == Approx(25e10).epsilon(1e-6));
}

TEST_CASE("a separation without two clusters, or without two rows in one, is undefined",
          "[cluster_separation]") {
  const auto x = phiscope::test::random_rows(3, 3, 4);
  const auto one = cluster_separation(x.view(), std::vector<std::int64_t>{1, 1, 1});
  CHECK(one.per_unit == Value(Status::no_cross_pairs));
  CHECK(one.between == Value(Status::no_cross_pairs));
  CHECK(one.within_trace.ok());
  const auto single = cluster_separation(x.view(), std::vector<std::int64_t>{1, 2, 3});
  CHECK(single.per_unit == Value(Status::no_within_pairs));
  CHECK(single.trace == Value(Status::no_within_pairs));
  CHECK(single.within_per_unit == Value(Status::no_within_pairs));
  CHECK(single.between.ok());
  auto broken = x;
  broken.values[0] = std::nan("");
  const auto nan = cluster_separation(broken.view(), std::vector<std::int64_t>{1, 1, 2});
  CHECK(nan.per_unit == Value(Status::nonfinite));
  CHECK(nan.per_unit_unbounded == Value(Status::nonfinite));
  CHECK_THROWS_AS(cluster_separation(x.view(), std::vector<std::int64_t>{1}),
                  std::invalid_argument);
}
