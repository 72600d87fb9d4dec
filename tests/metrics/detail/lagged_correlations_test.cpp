// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/detail/lagged_correlations.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::lagged_pair;
using phiscope::standardised;
using phiscope::Status;

TEST_CASE("standard scores have mean 0 and variance 1", "[lagged_correlations]") {
  const std::vector<double> x{1e9, 1e9 + 1, 1e9 + 2};
  CHECK(standardised<double>(x).values == std::vector<double>{-1, 0, 1});
  const std::vector<double> flat(4, 0.1);
  CHECK(standardised<double>(flat).status == Status::constant_series);
  const std::vector<double> broken{1, std::nan(""), 3};
  CHECK(standardised<double>(broken).status == Status::nonfinite);
  const std::vector<double> tiny{1e-300, 3e-300, 2e-300};
  CHECK(standardised<double>(tiny).values[1] == Approx(1.0).epsilon(1e-14));
  const double most = std::numeric_limits<double>::max();
  const std::vector<double> huge{-most, most};
  CHECK(standardised<double>(huge).status == Status::nonfinite);  // their difference overflows
}

TEST_CASE("correlations of a pair by the textbook", "[lagged_correlations]") {
  const auto both = phiscope::test::coupled_series(5, 40, 2);
  const auto x = phiscope::test::column_of(both, 2, 0);
  const auto y = phiscope::test::column_of(both, 2, 1);
  const auto found = lagged_pair<double>(x, y, 3);
  REQUIRE(found.status == Status::ok);
  const auto columns = phiscope::test::segments(x, y, 3);
  const auto correlation = [&](std::size_t u, std::size_t v) {
    const auto mu = phiscope::test::mean_of_column(columns[u]);
    const auto mv = phiscope::test::mean_of_column(columns[v]);
    long double uu = 0, vv = 0, uv = 0;
    for (std::size_t t = 0; t < 37; ++t) {
      uu += (columns[u][t] - mu) * (columns[u][t] - mu);
      vv += (columns[v][t] - mv) * (columns[v][t] - mv);
      uv += (columns[u][t] - mu) * (columns[v][t] - mv);
    }
    return static_cast<double>(uv / std::sqrt(uu * vv));
  };
  CHECK(found.correlations.past == Approx(correlation(0, 1)).margin(1e-15));
  CHECK(found.correlations.future == Approx(correlation(2, 3)).margin(1e-15));
  CHECK(found.correlations.xa == Approx(correlation(0, 2)).margin(1e-15));
  CHECK(found.correlations.xb == Approx(correlation(0, 3)).margin(1e-15));
  CHECK(found.correlations.ya == Approx(correlation(1, 2)).margin(1e-15));
  CHECK(found.correlations.yb == Approx(correlation(1, 3)).margin(1e-15));
}

TEST_CASE("a pair needs five transitions", "[lagged_correlations]") {
  const std::vector<double> x{1, 2, 4, 3, 5, 1};
  const std::vector<double> y{2, 1, 5, 3, 4, 4};
  CHECK(lagged_pair<double>(x, y, 1).status == Status::ok);
  CHECK(lagged_pair<double>(x, y, 2).status == Status::too_short);
  CHECK_THROWS_AS(lagged_pair<double>(x, y, 0), std::invalid_argument);
}
