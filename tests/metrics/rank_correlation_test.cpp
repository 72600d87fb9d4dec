// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/rank_correlation.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::average_ranks;
using phiscope::rank_correlation;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_labels;

TEST_CASE("equal numbers share the mean of their ranks", "[rank_correlation]") {
  CHECK(average_ranks(std::vector<double>{10, 20, 10, 5}) == std::vector<double>{2.5, 4, 2.5, 1});
  CHECK(average_ranks(std::vector<double>{7, 7, 7}) == std::vector<double>{2, 2, 2});
  CHECK(average_ranks({}).empty());
}

TEST_CASE("rank correlation sees order, not size", "[rank_correlation]") {
  const std::vector<double> x{1, 2, 3, 4};
  CHECK(rank_correlation(x, std::vector<double>{1, 10, 100, 1e9}) == Value(1.0));
  CHECK(rank_correlation(x, std::vector<double>{0, -1, -5, -6}) == Value(-1.0));
  // d = (1, -1, 0, 0): 1 - 6 * 2 / (4 * 15)
  CHECK(rank_correlation(x, std::vector<double>{2, 1, 3, 4}).value() == Approx(0.8).epsilon(1e-15));
  // scipy.stats.spearmanr([1, 2, 2, 3], [1, 3, 2, 4])
  CHECK(
      rank_correlation(std::vector<double>{1, 2, 2, 3}, std::vector<double>{1, 3, 2, 4}).value() ==
      Approx(0.9486832980505138).epsilon(1e-15));
}

TEST_CASE("rank correlation is Pearson's correlation of counted ranks", "[rank_correlation]") {
  const auto seed = GENERATE(range(0U, 20U));
  CAPTURE(seed);
  std::vector<double> x;
  std::vector<double> y;
  for (const auto label : random_labels(seed, 30, 8)) x.push_back(static_cast<double>(label));
  for (const auto label : random_labels(seed + 99, 30, 8)) y.push_back(static_cast<double>(label));
  const auto counted = [](const std::vector<double>& numbers) {
    std::vector<double> ranks;
    for (const double a : numbers) {
      double rank = 0.5;
      for (const double b : numbers) rank += b < a ? 1.0 : (b == a ? 0.5 : 0.0);
      ranks.push_back(rank);
    }
    return ranks;
  };
  const auto a = counted(x);
  const auto b = counted(y);
  double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  for (std::size_t i = 0; i < 30; ++i) {
    sa += a[i];
    sb += b[i];
    saa += a[i] * a[i];
    sbb += b[i] * b[i];
    sab += a[i] * b[i];
  }
  const double expected =
      (30 * sab - sa * sb) / std::sqrt((30 * saa - sa * sa) * (30 * sbb - sb * sb));
  CHECK(rank_correlation(x, y).value() == Approx(expected).margin(1e-14));
  CHECK(rank_correlation(y, x) == rank_correlation(x, y));
}

TEST_CASE("rank correlation of too few, constant or broken numbers is undefined",
          "[rank_correlation]") {
  const std::vector<double> one{1};
  const std::vector<double> x{1, 2, 3};
  const std::vector<double> flat{2, 2, 2};
  const std::vector<double> broken{1, std::numeric_limits<double>::infinity(), 3};
  CHECK(rank_correlation(one, one) == Value(Status::too_few_rows));
  CHECK(rank_correlation(x, flat) == Value(Status::constant));
  CHECK(rank_correlation(flat, x) == Value(Status::constant));
  CHECK(rank_correlation(x, broken) == Value(Status::nonfinite));
  CHECK_THROWS_WITH(rank_correlation(x, one), Contains("lengths 3 and 1"));
}
