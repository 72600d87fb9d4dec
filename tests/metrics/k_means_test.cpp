// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "cluster_cases.hpp"
#include "random_rows.hpp"
#include "strided_rows.hpp"

#include <phiscope/k_means.hpp>

#include <limits>
#include <map>
#include <set>

using phiscope::k_means;
using phiscope::KMeans;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_rows;
using phiscope::test::Rows;

namespace {

/// Inertia of a partition, from its definition.
template <class T>
double inertia_of(MatrixView<T> rows, const std::vector<std::int64_t>& labels) {
  std::map<std::int64_t, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < labels.size(); ++i) members[labels[i]].push_back(i);
  double inertia = 0.0;
  for (const auto& [label, list] : members) {
    for (std::size_t j = 0; j < rows.cols(); ++j) {
      double mean = 0.0;
      for (const std::size_t i : list) {
        mean += static_cast<double>(rows.row(i)[j]) / static_cast<double>(list.size());
      }
      for (const std::size_t i : list) {
        inertia += std::pow(static_cast<double>(rows.row(i)[j]) - mean, 2);
      }
    }
  }
  return inertia;
}

/// With columns of zeros, so that there are more units than rows.
template <class T>
Rows<T> widened(const Rows<T>& x) {
  Rows<T> wide{{}, x.rows, x.rows + 1};
  for (std::size_t i = 0; i < x.rows; ++i) {
    wide.values.insert(wide.values.end(), x.view().row(i).begin(), x.view().row(i).end());
    wide.values.resize((i + 1) * wide.units, T{0});
  }
  return wide;
}

}  // namespace

TEST_CASE("k-means finds two pairs of points", "[k_means]") {
  const std::vector<double> values{0, 0, 0, 2, 10, 0, 10, 4};
  const KMeans found = k_means(MatrixView<double>(values, 4, 2), {.clusters = 2});
  CHECK(found.inertia == Value(10.0));
  CHECK(found.converged);
  CHECK(found.clusters == 2);
  CHECK(found.labels[0] == found.labels[1]);
  CHECK(found.labels[2] == found.labels[3]);
  CHECK(found.labels[0] != found.labels[2]);
  const std::size_t first = found.labels[0] == 0 ? 0 : 2;
  CHECK(found.centres[first + 0] == 0.0);
  CHECK(found.centres[first + 1] == 1.0);
  CHECK(found.centres[2 - first + 0] == 10.0);
  CHECK(found.centres[2 - first + 1] == 2.0);
}

TEST_CASE("restarts find the best of all partitions", "[k_means]") {
  const auto seed = GENERATE(range(0U, 10U));
  const auto x = random_rows(seed, 9, 2);
  double least = INFINITY;
  for (unsigned partition = 0; partition < 1U << 8U; ++partition) {
    std::vector<std::int64_t> labels;
    for (unsigned i = 0; i < 9; ++i) labels.push_back(partition >> i & 1U);
    least = std::min(least, inertia_of(x.view(), labels));
  }
  const KMeans found = k_means(x.view(), {.clusters = 2, .restarts = 20, .seed = seed});
  CHECK(found.inertia.value() == Approx(least).epsilon(1e-12));
}

TEST_CASE("restarts find partitions as good as those of scikit-learn", "[k_means]") {
  for (const auto& one : phiscope::test::cluster_cases()) {
    const KMeans found = k_means(one.view(), {.clusters = 3, .restarts = 50});
    CHECK(found.inertia.value() <= 1.001 * one.expected.at("inertia").get<double>());
    CHECK(found.inertia.value() >= 0.999 * one.expected.at("inertia").get<double>());
  }
}

TEMPLATE_TEST_CASE("both spaces end where every row is nearest to its own mean", "[k_means]", float,
                   double) {
  const auto seed = GENERATE(range(0U, 5U));
  const bool wide = GENERATE(false, true);
  const auto narrow = random_rows<TestType>(seed, 150, 6, 3.0, 20.0);
  const Rows<TestType> x = wide ? widened(narrow) : narrow;
  const KMeans found = k_means(x.view(), {.clusters = 5, .restarts = 3, .seed = seed});
  CAPTURE(seed, wide);
  REQUIRE(found.converged);
  CHECK(found.inertia.value() == Approx(inertia_of(x.view(), found.labels)).epsilon(1e-12));
  const MatrixView<double> centres(found.centres, 5, x.units);
  for (std::size_t i = 0; i < 150; ++i) {
    const auto own = static_cast<std::size_t>(found.labels[i]);
    for (std::size_t c = 0; c < 5; ++c) {
      CHECK(phiscope::squared_distance(x.view().row(i), centres.row(own)) <=
            phiscope::squared_distance(x.view().row(i), centres.row(c)) * (1.0 + 1e-4));
    }
  }
  const phiscope::test::StridedRows<TestType> strided(x.view());
  CHECK(k_means(strided.view(), {.clusters = 5, .restarts = 3, .seed = seed}).labels ==
        found.labels);
}

TEST_CASE("units that are all zero change nothing, although the space is another", "[k_means]") {
  const auto seed = GENERATE(range(0U, 10U));
  const auto x = random_rows(seed, 80, 3);
  CHECK(k_means(widened(x).view(), {.clusters = 4, .restarts = 2, .seed = seed}).labels ==
        k_means(x.view(), {.clusters = 4, .restarts = 2, .seed = seed}).labels);
}

TEST_CASE("unit of length and origin do not matter", "[k_means]") {
  const double scale = GENERATE(0x1p-60, 0x1p60);
  const auto x = random_rows<float>(3, 90, 4);
  const auto scaled = random_rows<float>(3, 90, 4, scale);
  const auto shifted = random_rows<double>(3, 90, 4, 1.0, 1e6);
  const auto in_double = random_rows<double>(3, 90, 4);
  CHECK(k_means(scaled.view(), {.clusters = 6}).labels ==
        k_means(x.view(), {.clusters = 6}).labels);
  CHECK(k_means(shifted.view(), {.clusters = 6}).labels ==
        k_means(in_double.view(), {.clusters = 6}).labels);
}

TEST_CASE("a repeated run is the same to the bit, and more restarts are never worse", "[k_means]") {
  const auto x = random_rows<float>(4, 200, 5);
  double before = INFINITY;
  for (const std::size_t restarts : {1U, 2U, 5U, 20U}) {
    const KMeans found = k_means(x.view(), {.clusters = 7, .restarts = restarts});
    const KMeans again = k_means(x.view(), {.clusters = 7, .restarts = restarts});
    CHECK(found.labels == again.labels);
    CHECK(found.inertia == again.inertia);
    CHECK(found.centres == again.centres);
    CHECK(found.inertia.value() <= before * (1.0 + 1e-6));
    before = found.inertia.value();
  }
  std::set<double> inertias;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    inertias.insert(
        k_means(x.view(), {.clusters = 7, .restarts = 1, .seed = seed}).inertia.value());
  }
  CHECK(inertias.size() > 1);
}

TEMPLATE_TEST_CASE("with fewer rows that differ there are fewer clusters", "[k_means]", float,
                   double) {
  const bool wide = GENERATE(false, true);
  Rows<TestType> x{{}, 40, 3};
  for (std::size_t i = 0; i < 40; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      x.values.push_back(static_cast<TestType>(0.1) *
                         static_cast<TestType>(i % 4 == j ? i % 4 : 7));
    }
  }
  const KMeans found = k_means((wide ? widened(x) : x).view(), {.clusters = 6});
  CHECK(found.clusters == 4);
  CHECK(found.inertia.value() == Approx(0.0).margin(1e-12));
  for (std::size_t i = 4; i < 40; ++i) CHECK(found.labels[i] == found.labels[i % 4]);
  const std::vector<TestType> same(12, static_cast<TestType>(0.3));
  const KMeans one = k_means(MatrixView<TestType>(same, 6, 2), {.clusters = 3});
  CHECK(one.clusters == 1);
  CHECK(one.inertia == Value(0.0));
}

TEST_CASE("as many clusters as rows, and one cluster", "[k_means]") {
  const auto x = random_rows(5, 7, 3);
  const KMeans each = k_means(x.view(), {.clusters = 7});
  CHECK(each.inertia == Value(0.0));
  CHECK(std::set<std::int64_t>(each.labels.begin(), each.labels.end()).size() == 7);
  const KMeans one = k_means(x.view(), {.clusters = 1});
  CHECK(one.inertia.value() == Approx(phiscope::scatter(x.view())).epsilon(1e-13));
}

TEST_CASE("k-means needs a finite row for every cluster", "[k_means]") {
  std::vector<double> values{1, 2, 3, 4};
  CHECK(k_means(MatrixView<double>(values, 4, 1), {.clusters = 5}).inertia ==
        Value(Status::too_few_rows));
  CHECK(k_means(MatrixView<double>({}, 0, 3), {.clusters = 1}).inertia ==
        Value(Status::too_few_rows));
  for (const double broken :
       {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
    values[2] = broken;
    for (const std::size_t rows : {std::size_t{4}, std::size_t{1}}) {
      const KMeans found = k_means(MatrixView<double>(values, rows, 4 / rows), {.clusters = 1});
      CHECK(found.inertia == Value(Status::nonfinite));
      CHECK(found.labels.empty());
    }
  }
  CHECK_THROWS_WITH(k_means(MatrixView<double>(values, 4, 1), {.clusters = 0}),
                    Contains("needs a cluster"));
  CHECK_THROWS(k_means(MatrixView<double>(values, 4, 1), {.restarts = 0}));
  CHECK_THROWS(k_means(MatrixView<double>(values, 4, 1), {.max_iterations = 0}));
}
