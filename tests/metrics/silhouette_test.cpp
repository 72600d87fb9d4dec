// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "cluster_cases.hpp"
#include "random_rows.hpp"

#include <phiscope/silhouette.hpp>

#include <cmath>
#include <limits>

using phiscope::MatrixView;
using phiscope::Silhouette;
using phiscope::silhouette;
using phiscope::Status;
using phiscope::Value;
using RowLabels = std::vector<std::int64_t>;

TEST_CASE("the silhouettes of five points on a line", "[silhouette]") {
  const std::vector<double> points{0, 1, 4, 6, 20};
  const Silhouette found = silhouette(MatrixView<double>(points, 5, 1), RowLabels{7, 7, 3, 3, 9});
  // To the others of the cluster, to the nearest other cluster: 1 and 5, 1 and 4, 2 and 3.5, 2 and
  // 5.5; the last one is alone.
  CHECK(found.of_rows == std::vector<double>{0.8, 0.75, 1.5 / 3.5, 3.5 / 5.5, 0.0});
  CHECK(found.mean.value() == Approx((0.8 + 0.75 + 1.5 / 3.5 + 3.5 / 5.5) / 5));
  // A row in the wrong cluster: 4 to its own on average, 1 to the other.
  const std::vector<double> four{0, 1, 4, 6};
  const Silhouette wrong = silhouette(MatrixView<double>(four, 4, 1), RowLabels{1, 0, 0, 0});
  CHECK(wrong.of_rows[1] == Approx((1.0 - 4.0) / 4.0));
}

TEST_CASE("silhouettes are those of scikit-learn", "[silhouette]") {
  for (const auto& one : phiscope::test::cluster_cases()) {
    const Silhouette found = silhouette(one.view(), one.labels);
    CHECK(found.mean.value() == Approx(one.expected.at("silhouette").get<double>()).epsilon(1e-12));
    const auto expected = one.expected.at("silhouettes").get<std::vector<double>>();
    REQUIRE(found.of_rows.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(found.of_rows[i] == Approx(expected[i]).epsilon(1e-12).margin(1e-13));
    }
  }
}

TEST_CASE("scale, origin and the names of the clusters do not matter", "[silhouette]") {
  const auto x = phiscope::test::random_rows(1, 30, 4);
  const auto moved = phiscope::test::random_rows(1, 30, 4, 1e3, 50.0);
  RowLabels labels = phiscope::test::random_labels(2, 30, 3);
  const double before = silhouette(x.view(), labels).mean.value();
  for (auto& label : labels) label = 100 - 7 * label;
  CHECK(silhouette(moved.view(), labels).mean.value() == Approx(before).epsilon(1e-10));
}

TEST_CASE("equal rows have silhouettes of 0", "[silhouette]") {
  const std::vector<float> same(8, 0.3F);
  CHECK(silhouette(MatrixView<float>(same, 4, 2), RowLabels{0, 0, 1, 1}).mean == Value(0.0));
}

TEST_CASE("silhouettes need two clusters, and one with two rows", "[silhouette]") {
  std::vector<double> points{0, 1, 4};
  const MatrixView<double> x(points, 3, 1);
  CHECK(silhouette(x, RowLabels{1, 1, 1}).mean == Value(Status::no_cross_pairs));
  CHECK(silhouette(MatrixView<double>({}, 0, 2), RowLabels{}).mean ==
        Value(Status::no_cross_pairs));
  CHECK(silhouette(x, RowLabels{1, 2, 3}).mean == Value(Status::no_within_pairs));
  CHECK(silhouette(x, RowLabels{1, 2, 3}).of_rows.empty());
  points[1] = std::numeric_limits<double>::infinity();
  CHECK(silhouette(x, RowLabels{1, 1, 2}).mean == Value(Status::nonfinite));
  points[1] = std::nan("");
  CHECK(silhouette(x, RowLabels{1, 1, 2}).mean == Value(Status::nonfinite));
  CHECK_THROWS_WITH(silhouette(x, RowLabels{1}), Contains("1 labels, expected 3, one per row"));
}
