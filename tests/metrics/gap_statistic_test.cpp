// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "cluster_cases.hpp"
#include "random_rows.hpp"

#include <phiscope/gap_statistic.hpp>

#include <cmath>

using phiscope::gap_statistic;
using phiscope::GapStatistic;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;
namespace test = phiscope::test;

TEST_CASE("gaps and errors are those of scikit-learn and NumPy", "[gap_statistic][simulation]") {
  const auto golden = test::golden_clusters();
  const auto cases = test::cluster_cases();
  for (const bool wide : {false, true}) {
    const auto& expected = golden.at(wide ? "gaps_wide" : "gaps");
    const GapStatistic found = gap_statistic(cases[wide ? 2 : 0].view(),
                                             {.most_clusters = expected.size(), .references = 200});
    for (std::size_t k = 0; k < expected.size(); ++k) {
      CAPTURE(wide, k);
      const double error = expected[k][1];  // of a mean over 400 references, ours of 200
      CHECK(std::abs(found.gaps[k].value() - expected[k][0].get<double>()) < 4 * error * 1.8);
      CHECK(found.errors[k] == Approx(expected[k][2].get<double>()).epsilon(0.2));
    }
    CHECK(found.clusters == Value(wide ? 1.0 : 3.0));  // 12 rows in 40 units: too few to tell
  }
}

TEST_CASE("a gap is what references cluster less than the rows", "[gap_statistic]") {
  const auto x = test::random_rows(3, 20, 4, 1.0, 7.0);
  const GapStatistic found =
      gap_statistic(x.view(), {.most_clusters = 4, .references = 6, .restarts = 2, .seed = 11});
  const auto box = phiscope::detail::principal_box(x.view());
  std::mt19937_64 engine(11);
  std::vector<std::vector<double>> references;
  for (int r = 0; r < 6; ++r) references.push_back(box.uniform(20, engine));
  for (std::size_t k = 1; k <= 4; ++k) {
    const phiscope::KMeansOptions options{.clusters = k, .restarts = 2, .seed = 11};
    double sum = 0.0;
    double squares = 0.0;
    for (const auto& reference : references) {
      const double log = std::log(
          phiscope::k_means(MatrixView<double>(reference, 20, 4), options).inertia.value());
      sum += log;
      squares += log * log;
    }
    const double own = std::log(phiscope::k_means(x.view(), options).inertia.value());
    CHECK(found.gaps[k - 1].value() == Approx(sum / 6 - own).epsilon(1e-12));
    const double deviation = std::sqrt(squares / 6 - sum / 6 * sum / 6);
    CHECK(found.errors[k - 1] == Approx(deviation * std::sqrt(1 + 1.0 / 6)).epsilon(1e-7));
  }
}

TEST_CASE("the gap finds the clusters that are there", "[gap_statistic]") {
  const std::size_t clusters = GENERATE(1U, 2U, 5U);
  const bool wide = GENERATE(false, true);
  const std::size_t units = wide ? 80 : 3;
  auto x = test::random_rows(4, 40, units);
  for (std::size_t i = 0; i < 40; ++i)
    x.values[i * units + i % clusters % 3] += 9.0 * static_cast<double>(i % clusters);
  CAPTURE(clusters, wide);
  CHECK(gap_statistic(x.view(), {.most_clusters = 7, .references = 20, .restarts = 5}).clusters ==
        Value(static_cast<double>(clusters)));
}

TEST_CASE("the least number that reaches the next one but for its error is chosen",
          "[gap_statistic]") {
  GapStatistic made{.clusters = Status::too_few_rows,
                    .gaps = {0.1, 0.5, 0.55, 0.9, 0.2},
                    .errors = {0.0, 0.01, 0.06, 0.02, 0.1}};
  CHECK(phiscope::detail::chosen_by_gap(made) == Value(2.0));
  made.errors[2] = 0.04;
  CHECK(phiscope::detail::chosen_by_gap(made) == Value(4.0));
  made.gaps[4] = 1.3;
  CHECK(phiscope::detail::chosen_by_gap(made) == Value(5.0));  // the last one
  made.gaps[3] = Status::constant;
  CHECK(phiscope::detail::chosen_by_gap(made) == Value(3.0));  // the last one with a gap
}

TEST_CASE("a rotation changes no choice, a repeated run no bit", "[gap_statistic]") {
  auto x = test::random_rows(5, 30, 2);
  for (std::size_t i = 0; i < 15; ++i) x.values[2 * i] += 6.0;
  auto turned = x;
  for (std::size_t i = 0; i < 30; ++i) {
    turned.values[2 * i] = 0.6 * x.values[2 * i] - 0.8 * x.values[2 * i + 1];
    turned.values[2 * i + 1] = 0.8 * x.values[2 * i] + 0.6 * x.values[2 * i + 1];
  }
  const phiscope::GapOptions options{.most_clusters = 3, .references = 40, .restarts = 3};
  const GapStatistic before = gap_statistic(x.view(), options);
  const GapStatistic after = gap_statistic(turned.view(), options);
  CHECK(before.clusters == Value(2.0));
  CHECK(after.clusters == before.clusters);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(after.gaps[k].value() == Approx(before.gaps[k].value()).margin(0.1));
  }
  CHECK(gap_statistic(x.view(), options).gaps == before.gaps);
}

TEST_CASE("no gap without rows that differ", "[gap_statistic]") {
  const std::vector<double> same(10, 0.7);
  const GapStatistic equal = gap_statistic(MatrixView<double>(same, 5, 2));
  CHECK(equal.clusters == Value(Status::constant));
  CHECK(equal.gaps[0] == Value(Status::constant));
  const std::vector<double> two{0, 0, 0, 3, 3, 3, 3};
  const GapStatistic pair = gap_statistic(MatrixView<double>(two, 7, 1), {.most_clusters = 8});
  CHECK(pair.gaps[0].ok());
  CHECK(pair.gaps[1] == Value(Status::constant));
  CHECK(pair.gaps[7] == Value(Status::too_few_rows));
  CHECK(pair.clusters == Value(1.0));
  const std::vector<double> broken{1, 2, std::nan("")};
  CHECK(gap_statistic(MatrixView<double>(broken, 3, 1)).clusters == Value(Status::nonfinite));
  CHECK(gap_statistic(MatrixView<double>({}, 0, 2)).clusters == Value(Status::too_few_rows));
  CHECK_THROWS_WITH(gap_statistic(MatrixView<double>(same, 5, 2), {.references = 1}),
                    Contains("two references"));
  CHECK_THROWS(gap_statistic(MatrixView<double>(same, 5, 2), {.most_clusters = 0}));
  CHECK_THROWS(gap_statistic(MatrixView<double>(same, 5, 2), {.restarts = 0}));
}
