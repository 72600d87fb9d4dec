// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/graph_adherence.hpp>

#include <cmath>
#include <utility>
#include <vector>

using phiscope::centroid_separation;
using phiscope::edge_energy;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;

namespace {
const std::vector<double> path{0, 1, 0, 1, 0, 1, 0, 1, 0};  // 0 - 1 - 2
const MatrixView<double> path_graph(path, 3, 3);
}  // namespace

TEST_CASE("edge energies of four tokens on a path of three words", "[graph_adherence]") {
  const std::vector<double> values{1, 0, 0, 2, 3, 0, 0, 1};
  const MatrixView<double> rows(values, 4, 2);
  // Joined: tokens 0-1, 1-2, 1-... of words 0, 1, 2, 2: (0,1) (1,2) (1,3).
  const std::vector<std::int64_t> nodes{0, 1, 2, 2};
  const auto found = edge_energy(rows, nodes, path_graph);
  CHECK(found.l2.value() == Approx((5.0 + 13.0 + 1.0) / 3.0).epsilon(1e-15));
  CHECK(found.cosine.value() == Approx((1.0 + 1.0 + 0.0) / 3.0).epsilon(1e-15));
}

TEST_CASE("an edge energy of tiny angles does not drown in 1 - cos", "[graph_adherence]") {
  const double angle = 1e-6;
  const std::vector<double> values{1, 0, std::cos(angle), std::sin(angle)};
  const auto found =
      edge_energy(MatrixView<double>(values, 2, 2), std::vector<std::int64_t>{0, 1}, path_graph);
  CHECK(found.cosine.value() == Approx(std::pow(angle, 4) / 4.0).epsilon(1e-9));
}

TEST_CASE("edge energies without an edge or a direction are undefined", "[graph_adherence]") {
  const std::vector<double> values{1, 0, 0, 0};
  const MatrixView<double> rows(values, 2, 2);
  const auto apart = edge_energy(rows, std::vector<std::int64_t>{0, 2}, path_graph);
  CHECK(apart.l2 == Value(Status::no_edges));
  CHECK(apart.cosine == Value(Status::no_edges));
  const auto zero = edge_energy(rows, std::vector<std::int64_t>{0, 1}, path_graph);
  CHECK(zero.l2 == Value(1.0));
  CHECK(zero.cosine == Value(Status::zero_norm));
  const std::vector<double> broken{1, 0, std::nan(""), 0};
  const auto nan =
      edge_energy(MatrixView<double>(broken, 2, 2), std::vector<std::int64_t>{0, 1}, path_graph);
  CHECK(nan.l2 == Value(Status::nonfinite));
  CHECK(nan.cosine == Value(Status::nonfinite));
}

TEST_CASE("the separation of centroids of two clusters", "[graph_adherence]") {
  const std::vector<double> values{0, 1, 0, 3, 4, 0, 6, 0};
  const MatrixView<double> rows(values, 4, 2);
  const auto found = centroid_separation(rows, std::vector<std::int64_t>{0, 0, 1, 1});
  CHECK(found.l2.value() == Approx(std::sqrt(29.0) / 2.0).epsilon(1e-15));
  CHECK(found.cosine.value() == Approx(1.0 / 1e-8).epsilon(1e-15));  // no angle inside: the floor
}

TEST_CASE("the separation of centroids agrees with the plain loops", "[graph_adherence]") {
  const auto seed = GENERATE(range(0U, 10U));
  const auto x = phiscope::test::random_rows<float>(seed, 8, 5, 1.0, 0.5);
  const std::vector<std::int64_t> clusters{0, 1, 0, 1, 0, 1, 0, 1};
  const auto gap = [](const std::vector<double>& a, const std::vector<double>& b) {
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t j = 0; j < 5; ++j) {
      ab += a[j] * b[j];
      aa += a[j] * a[j];
      bb += b[j] * b[j];
    }
    return std::pair(std::sqrt(aa + bb - 2 * ab), 1.0 - ab / std::sqrt(aa * bb));
  };
  std::vector<std::vector<double>> centre(2, std::vector<double>(5, 0.0));
  std::vector<std::vector<double>> row(8, std::vector<double>(5));
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t j = 0; j < 5; ++j) {
      row[i][j] = x.view().row(i)[j];
      centre[i % 2][j] += row[i][j] / 4.0;
    }
  }
  double l2 = 0, cosine = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t j = i + 2; j < 8; j += 2) {
      const auto [apart, turned] = gap(row[i], row[j]);
      l2 += apart / 12.0;
      cosine += turned / 12.0;
    }
  }
  const auto [apart, turned] = gap(centre[0], centre[1]);
  const auto found = centroid_separation(x.view(), clusters);
  CHECK(found.l2.value() == Approx(apart / l2).epsilon(1e-12));
  CHECK(found.cosine.value() == Approx(turned / cosine).epsilon(1e-12));
}

TEST_CASE("a separation of centroids needs two clusters and a pair inside one",
          "[graph_adherence]") {
  const auto x = phiscope::test::random_rows(1, 3, 4);
  const auto one = centroid_separation(x.view(), std::vector<std::int64_t>{0, 0, 0});
  CHECK(one.l2 == Value(Status::no_cross_pairs));
  CHECK(one.cosine == Value(Status::no_cross_pairs));
  const auto single = centroid_separation(x.view(), std::vector<std::int64_t>{0, 1, 2});
  CHECK(single.l2 == Value(Status::no_within_pairs));
  auto broken = x;
  broken.values[4] = std::nan("");
  const auto nan = centroid_separation(broken.view(), std::vector<std::int64_t>{0, 0, 1});
  CHECK(nan.l2 == Value(Status::nonfinite));
  CHECK(nan.cosine == Value(Status::nonfinite));
}

TEST_CASE("tokens outside the graph are refused", "[graph_adherence]") {
  const auto x = phiscope::test::random_rows(1, 2, 4);
  CHECK_THROWS_WITH(edge_energy(x.view(), std::vector<std::int64_t>{0, 3}, path_graph),
                    Contains("node 3 of a graph of 3"));
  CHECK_THROWS_WITH(edge_energy(x.view(), std::vector<std::int64_t>{0}, path_graph),
                    Contains("1 nodes, expected 2"));
}
