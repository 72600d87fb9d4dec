// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/auc.hpp>

#include <limits>
#include <vector>

using phiscope::auc;
using phiscope::interpolate;
using phiscope::Status;
using phiscope::Value;
using Numbers = std::vector<double>;

TEST_CASE("the area under straight lines", "[auc]") {
  CHECK(auc(Numbers{0, 1}, Numbers{2, 4}) == Value(3.0));
  CHECK(auc(Numbers{0, 1, 3}, Numbers{0, 2, 0}) == Value(3.0));
  CHECK(auc(Numbers{-1, 1}, Numbers{-1, 1}) == Value(0.0));
}

TEST_CASE("the area agrees with thin rectangles of the interpolated curve", "[auc]") {
  const auto seed = GENERATE(range(0U, 5U));
  const auto heights = phiscope::test::random_rows(seed, 1, 9, 3.0, 1.0);
  const Numbers x{0, 0.125, 0.25, 0.3, 0.5, 0.75, 0.8, 0.9, 1};
  Numbers grid;
  const std::size_t steps = 200000;
  for (std::size_t i = 0; i < steps; ++i) {
    grid.push_back((static_cast<double>(i) + 0.5) / static_cast<double>(steps));
  }
  double sum = 0.0;
  for (const Value& y : interpolate(x, heights.values, grid)) {
    sum += y.value() / static_cast<double>(steps);
  }
  CHECK(auc(x, heights.values).value() == Approx(sum).epsilon(1e-8));
  Numbers scaled = heights.values;
  for (double& y : scaled) y *= 8.0;
  CHECK(auc(x, scaled).value() == 8.0 * auc(x, heights.values).value());
}

TEST_CASE("interpolation keeps the points and draws lines between them", "[auc]") {
  const Numbers x{1, 2, 4};
  const Numbers y{10, 20, 0};
  const auto found = interpolate(x, y, Numbers{1, 2, 4, 1.5, 3, 3.5});
  const Numbers expected{10, 20, 0, 15, 10, 5};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(found[i] == Value(expected[i]));
}

TEST_CASE("nothing is extrapolated", "[auc]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Value& y : interpolate(Numbers{1, 2}, Numbers{3, 4}, Numbers{0.999, 2.001, nan})) {
    CHECK(y == Value(Status::too_few_rows));
  }
  CHECK(interpolate({}, {}, Numbers{1})[0] == Value(Status::too_few_rows));
  CHECK(interpolate(Numbers{1}, Numbers{5}, Numbers{1})[0] == Value(5.0));
  const auto next_to = interpolate(Numbers{0, 1, 2, 3}, Numbers{0, nan, 2, 3}, Numbers{0.5, 2.5});
  CHECK(next_to[0] == Value(Status::nonfinite));
  CHECK(next_to[1] == Value(2.5));
}

TEST_CASE("an area needs two finite points in order", "[auc]") {
  CHECK(auc({}, {}) == Value(Status::too_few_rows));
  CHECK(auc(Numbers{1}, Numbers{1}) == Value(Status::too_few_rows));
  const Numbers broken{1, std::numeric_limits<double>::infinity()};
  CHECK(auc(Numbers{0, 1}, broken) == Value(Status::nonfinite));
  CHECK_THROWS_WITH(auc(Numbers{0, 1}, Numbers{1}), Contains("lengths 2 and 1"));
  CHECK_THROWS_WITH(auc(Numbers{0, 0}, Numbers{1, 2}), Contains("expected more than"));
  CHECK_THROWS_WITH(interpolate(Numbers{1, 0}, Numbers{1, 2}, {}), Contains("interpolate: x[1]"));
  CHECK_THROWS(auc(Numbers{0, std::numeric_limits<double>::quiet_NaN()}, Numbers{1, 2}));
}
