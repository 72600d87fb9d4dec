// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "cluster_cases.hpp"
#include "random_rows.hpp"

#include <phiscope/nearest_centroid.hpp>

#include <algorithm>
#include <cmath>
#include <map>

using phiscope::MatrixView;
using phiscope::nearest_centroid;
using phiscope::NearestCentroid;
using phiscope::Status;
using phiscope::Value;
using RowLabels = std::vector<std::int64_t>;

namespace {

/// Every mean anew.
double slow_accuracy(MatrixView<double> x, const RowLabels& labels) {
  double right = 0.0;
  double tried = 0.0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (std::ranges::count(labels, labels[i]) < 2) continue;
    std::map<std::int64_t, std::pair<double, std::vector<double>>> sums;
    for (std::size_t j = 0; j < labels.size(); ++j) {
      if (j == i) continue;
      auto& [count, sum] = sums[labels[j]];
      count += 1.0;
      sum.resize(x.cols(), 0.0);
      for (std::size_t u = 0; u < x.cols(); ++u) sum[u] += x.row(j)[u];
    }
    double least = INFINITY;
    std::int64_t nearest = -1;
    for (const auto& [label, members] : sums) {
      double apart = 0.0;
      for (std::size_t u = 0; u < x.cols(); ++u) {
        apart += std::pow(members.second[u] / members.first - x.row(i)[u], 2);
      }
      if (!(apart < least)) continue;
      least = apart;
      nearest = label;
    }
    tried += 1.0;
    right += nearest == labels[i] ? 1.0 : 0.0;
  }
  return right / tried;
}

}  // namespace

TEST_CASE("a row is compared with its label's mean without it", "[nearest_centroid]") {
  // 5 is not told: 6 from the other of its label, 4 from the mean of 0 and 2. The others are.
  const std::vector<double> points{0, 2, 5, 11};
  CHECK(nearest_centroid(MatrixView<double>(points, 4, 1), RowLabels{0, 0, 1, 1}).accuracy ==
        Value(0.75));
  const std::vector<double> other{0, 2, 8, 11};
  CHECK(nearest_centroid(MatrixView<double>(other, 4, 1), RowLabels{0, 0, 1, 1}).accuracy ==
        Value(1.0));
}

TEST_CASE("accuracies are those of means made anew for every row", "[nearest_centroid]") {
  for (const auto& one : phiscope::test::cluster_cases()) {
    const NearestCentroid found = nearest_centroid(one.view(), one.labels);
    const auto expected = one.expected.at("told_right").get<std::vector<double>>();
    CHECK(found.accuracy.value() == Approx(expected[0] / expected[1]).margin(1e-15));
    CHECK(found.tried == static_cast<std::size_t>(expected[1]));
    CHECK(found.tried + found.alone == one.rows);
  }
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::size_t units = seed % 2 == 0 ? 2 : 30;
    const auto x = phiscope::test::random_rows(seed, 13, units, 1.0, 10.0);
    const RowLabels labels = phiscope::test::random_labels(seed + 1, 13, 2 + seed % 6);
    CAPTURE(seed);
    CHECK(nearest_centroid(x.view(), labels, {.permutations = 0}).accuracy.value() ==
          Approx(slow_accuracy(x.view(), labels)).margin(1e-15));
  }
}

TEST_CASE("the permuted level is the mean over all orders of the labels", "[nearest_centroid]") {
  const auto x = phiscope::test::random_rows(5, 7, 3);
  RowLabels labels{0, 0, 0, 0, 1, 1, 1};
  double sum = 0.0;
  double as_good = 0.0;
  double orders = 0.0;
  const double observed = slow_accuracy(x.view(), labels);
  do {
    const double accuracy = slow_accuracy(x.view(), labels);
    sum += accuracy;
    as_good += accuracy >= observed - 1e-12 ? 1.0 : 0.0;
    orders += 1.0;
  } while (std::next_permutation(labels.begin(), labels.end()));
  CHECK(orders == 35);
  const RowLabels again{0, 0, 0, 0, 1, 1, 1};
  const NearestCentroid found =
      nearest_centroid(x.view(), again, {.permutations = 20'000, .seed = 3});
  CHECK(found.accuracy.value() == Approx(observed));
  CHECK(found.permuted.value() == Approx(sum / orders).margin(0.01));
  CHECK(found.p.p_value.value() == Approx(as_good / orders).margin(0.015));
  CHECK(found.p.draws == 20'000);
  CHECK(nearest_centroid(x.view(), again, {.permutations = 50, .seed = 3}).permuted ==
        nearest_centroid(x.view(), again, {.permutations = 50, .seed = 3}).permuted);
}

TEST_CASE("labels that rows tell are told, others are not", "[nearest_centroid]") {
  auto x = phiscope::test::random_rows(6, 40, 20);
  const RowLabels labels = phiscope::test::random_labels(7, 40, 2);
  const NearestCentroid chance = nearest_centroid(x.view(), labels);
  CHECK(chance.p.p_value.value() > 0.05);
  for (std::size_t i = 0; i < 40; ++i) x.values[i * 20] += 5.0 * static_cast<double>(labels[i]);
  const NearestCentroid told = nearest_centroid(x.view(), labels);
  CHECK(told.accuracy == Value(1.0));
  CHECK(told.permuted.value() == Approx(0.5).margin(0.1));
  CHECK(told.p.p_value == Value(told.p.least_p));
}

TEST_CASE("of equally near centroids the lower label is taken", "[nearest_centroid]") {
  const std::vector<float> same(12, 0.1F);
  const MatrixView<float> x(same, 4, 3);
  CHECK(nearest_centroid(x, RowLabels{5, 5, 9, 9}).accuracy == Value(0.5));
  CHECK(nearest_centroid(x, RowLabels{9, 5, 9, 9}).accuracy == Value(0.0));
  for (std::uint64_t seed = 0; seed < 50; ++seed) {  // as far from both, but for rounding
    const auto r = phiscope::test::random_rows(seed, 1, 2).values;
    const std::vector<double> line{r[0], r[0] + r[1], r[0] - r[1], r[0] - r[1]};
    const MatrixView<double> rows(line, 4, 1);
    CHECK(nearest_centroid(rows, RowLabels{5, 5, 9, 9}).accuracy == Value(1.0));
    CHECK(nearest_centroid(rows, RowLabels{9, 9, 5, 5}).accuracy == Value(0.75));
  }
}

TEST_CASE("rows alone with their label are left out and counted", "[nearest_centroid]") {
  const std::vector<double> points{0, 1, 10, 50, 60};
  const NearestCentroid found =
      nearest_centroid(MatrixView<double>(points, 5, 1), RowLabels{0, 0, 7, 8, 8});
  CHECK(found.alone == 1);
  CHECK(found.tried == 4);
  CHECK(found.labels == 3);
  CHECK(found.accuracy == Value(1.0));
  const NearestCentroid near =  // 8's mean without 50 is 60, 7's is 45
      nearest_centroid(MatrixView<double>(std::vector<double>{0, 1, 45, 50, 60}, 5, 1),
                       RowLabels{0, 0, 7, 8, 8});
  CHECK(near.accuracy == Value(0.75));
}

TEST_CASE("an accuracy needs two labels, and one of two rows", "[nearest_centroid]") {
  std::vector<double> points{0, 1, 4};
  const MatrixView<double> x(points, 3, 1);
  const auto status = [&](const RowLabels& labels) { return nearest_centroid(x, labels).accuracy; };
  CHECK(status({1, 1, 1}) == Value(Status::no_cross_pairs));
  CHECK(status({1, 2, 3}) == Value(Status::no_within_pairs));
  CHECK(nearest_centroid(x, RowLabels{1, 2, 3}).p.p_value == Value(Status::no_within_pairs));
  CHECK(nearest_centroid(x, RowLabels{1, 1, 2}, {.permutations = 0}).permuted ==
        Value(Status::too_few_rows));
  points[2] = std::nan("");
  CHECK(status({1, 1, 2}) == Value(Status::nonfinite));
  CHECK(nearest_centroid(x, RowLabels{1, 1, 2}).permuted == Value(Status::nonfinite));
  CHECK_THROWS_WITH(status({1}), Contains("1 labels, expected 3, one per row"));
}
