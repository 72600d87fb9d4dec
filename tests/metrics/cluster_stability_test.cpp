// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/cluster_stability.hpp>

#include <cmath>

using phiscope::cluster_stability;
using phiscope::ClusterStability;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;
namespace test = phiscope::test;

TEST_CASE("clusters far apart come back in every resample", "[cluster_stability]") {
  auto x = test::random_rows<float>(1, 60, 4);
  for (std::size_t i = 0; i < 60; ++i) x.values[4 * i] += 20.0F * static_cast<float>(i % 3);
  const ClusterStability found =
      cluster_stability(x.view(), {.clustering = {.clusters = 3}, .resamples = 40});
  CHECK(found.mean == Value(1.0));
  CHECK(found.indices.size() == 40);
  CHECK(found.labels == phiscope::k_means(x.view(), {.clusters = 3}).labels);
}

TEST_CASE("clusters that are not there change with the sample", "[cluster_stability]") {
  const auto x = test::random_rows(2, 60, 6);
  const double mean =
      cluster_stability(x.view(), {.clustering = {.clusters = 4, .restarts = 3}, .resamples = 40})
          .mean.value();
  CHECK(mean < 0.6);
  CHECK(mean > 0.1);
}

TEST_CASE("an index compares the nearest centres of drawn rows with the clusters of all",
          "[cluster_stability]") {
  const auto x = test::random_rows(3, 25, 3);
  const phiscope::KMeansOptions clustering{.clusters = 3, .restarts = 2, .seed = 9};
  const ClusterStability found =
      cluster_stability(x.view(), {.clustering = clustering, .resamples = 5, .seed = 8});
  std::mt19937_64 engine(8);
  double sum = 0.0;
  for (const Value& index : found.indices) {
    test::Rows<double> drawn{{}, 25, 3};
    for (int i = 0; i < 25; ++i) {
      const auto row = x.view().row(phiscope::uniform_below(engine, 25));
      drawn.values.insert(drawn.values.end(), row.begin(), row.end());
    }
    const phiscope::KMeans resampled = phiscope::k_means(drawn.view(), clustering);
    std::vector<std::int64_t> labels;
    for (std::size_t i = 0; i < 25; ++i) {
      std::int64_t nearest = 0;
      double least = INFINITY;
      for (std::size_t c = 0; c < 3; ++c) {
        double apart = 0.0;
        for (std::size_t u = 0; u < 3; ++u) {
          apart += std::pow(resampled.centres[3 * c + u] - x.view().row(i)[u], 2);
        }
        if (apart < least) nearest = static_cast<std::int64_t>(c);
        least = std::min(least, apart);
      }
      labels.push_back(nearest);
    }
    CHECK(index == phiscope::adjusted_rand_index(found.labels, labels));
    sum += index.value();
  }
  CHECK(found.mean.value() == Approx(sum / 5));
  CHECK(
      cluster_stability(x.view(), {.clustering = clustering, .resamples = 5, .seed = 8}).indices ==
      found.indices);
}

TEST_CASE("a stability needs clusters", "[cluster_stability]") {
  const auto x = test::random_rows(4, 5, 2);
  const ClusterStability one =
      cluster_stability(x.view(), {.clustering = {.clusters = 1}, .resamples = 3});
  CHECK(one.mean == Value(Status::constant));
  CHECK(one.indices == std::vector<Value>(3, Status::constant));
  CHECK(cluster_stability(x.view(), {.clustering = {.clusters = 6}}).mean ==
        Value(Status::too_few_rows));
  const std::vector<double> broken{1, 2, std::nan("")};
  CHECK(cluster_stability(MatrixView<double>(broken, 3, 1), {.clustering = {.clusters = 2}}).mean ==
        Value(Status::nonfinite));
  CHECK_THROWS_WITH(cluster_stability(x.view(), {.resamples = 0}), Contains("resamples is 0"));
}
