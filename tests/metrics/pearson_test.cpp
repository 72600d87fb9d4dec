// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/pearson.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::pearson;
using phiscope::Status;
using phiscope::Value;
using Numbers = std::vector<double>;

TEST_CASE("Pearson's correlation of a few points", "[pearson]") {
  CHECK(pearson(Numbers{1, 2, 3}, Numbers{2, 4, 6}) == Value(1.0));
  CHECK(pearson(Numbers{1, 2, 3}, Numbers{-1, -2, -3}) == Value(-1.0));
  CHECK(pearson(Numbers{1, 2, 3}, Numbers{1, 0, 1}) == Value(0.0));
  // dx = (-1.5, -.5, .5, 1.5), dy = (-1, 0, -1, 2): 4 / sqrt(5 * 6)
  CHECK(pearson(Numbers{1, 2, 3, 4}, Numbers{1, 2, 1, 4}).value() ==
        Approx(4.0 / std::sqrt(30.0)).epsilon(1e-15));
}

TEST_CASE("Pearson's correlation agrees with the sum over pairs", "[pearson]") {
  // sum_ij (x_i - x_j)(y_i - y_j) needs no mean.
  const auto seed = GENERATE(range(0U, 20U));
  const auto z = phiscope::test::random_rows(seed, 2, 25, 1.0, 3.0);
  const auto x = z.view().row(0);
  const auto y = z.view().row(1);
  long double xy = 0.0L, xx = 0.0L, yy = 0.0L;
  for (std::size_t i = 0; i < 25; ++i) {
    for (std::size_t j = 0; j < 25; ++j) {
      const long double dx = x[i] - x[j];
      const long double dy = y[i] - y[j];
      xy += dx * dy;
      xx += dx * dx;
      yy += dy * dy;
    }
  }
  const auto expected = static_cast<double>(xy / std::sqrt(xx * yy));
  CHECK(pearson(x, y).value() == Approx(expected).margin(1e-14));
  CHECK(pearson(y, x) == pearson(x, y));
}

TEST_CASE("unit and offset do not matter, not even extreme ones", "[pearson]") {
  const auto z = phiscope::test::random_rows(5, 2, 12);
  const auto x = z.view().row(0);
  const auto y = z.view().row(1);
  const double expected = pearson(x, y).value();
  const double scale = GENERATE(0x1p-600, 0x1p600, -0x1p10);
  Numbers scaled(x.begin(), x.end());
  for (double& number : scaled) number *= scale;
  CHECK(pearson(scaled, y).value() == Approx(scale < 0 ? -expected : expected).epsilon(1e-14));
  Numbers shifted{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12};
  const double plain = pearson(shifted, y).value();
  for (double& number : shifted) number += 1e15;  // exact: the spacing there is 1/8
  CHECK(pearson(shifted, y).value() == Approx(plain).epsilon(1e-14));
}

TEST_CASE("Pearson's correlation of too few, constant or broken numbers is undefined",
          "[pearson]") {
  const Numbers x{1, 2, 3};
  const Numbers flat{0.1, 0.1, 0.1};
  CHECK(pearson({}, {}) == Value(Status::too_few_rows));
  CHECK(pearson(Numbers{1}, Numbers{1}) == Value(Status::too_few_rows));
  CHECK(pearson(x, flat) == Value(Status::constant));
  CHECK(pearson(flat, x) == Value(Status::constant));
  for (const double broken :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CHECK(pearson(x, Numbers{1, broken, 3}) == Value(Status::nonfinite));
    CHECK(pearson(Numbers{1, broken, 3}, x) == Value(Status::nonfinite));
  }
  CHECK_THROWS_WITH(pearson(x, Numbers{1}), Contains("lengths 3 and 1"));
}
