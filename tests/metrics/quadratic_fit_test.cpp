// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/quadratic_fit.hpp>

#include <limits>
#include <vector>

using phiscope::quadratic_fit;
using phiscope::Status;
using phiscope::Value;
using Numbers = std::vector<double>;

TEST_CASE("a parabola is found again", "[quadratic_fit]") {
  const Numbers x{-2, 0, 1, 3, 7};
  Numbers y;
  for (const double at : x) y.push_back(2.0 + 3.0 * at - 0.5 * at * at);
  const auto fit = quadratic_fit(x, y);
  CHECK(fit.status == Status::ok);
  CHECK(fit.curvature == Approx(-0.5).epsilon(1e-14));
  CHECK(fit.at(0.0) == Approx(2.0).epsilon(1e-14));
  CHECK(fit.slope_at(0.0) == Approx(3.0).epsilon(1e-14));
  CHECK(fit.slope_at(7.0) == Approx(-4.0).epsilon(1e-14));
  CHECK(fit.vertex().value() == Approx(3.0).epsilon(1e-14));
  CHECK(fit.explained == Approx(1.0).epsilon(1e-14));
}

TEST_CASE("the fit is that of NumPy's polyfit", "[quadratic_fit]") {
  const Numbers x{0, 0.1, 0.25, 0.4, 0.7, 0.9, 1.0};
  const Numbers y{0.2, 0.35, 0.6, 0.75, 0.7, 0.42, 0.15};
  const auto fit = quadratic_fit(x, y);
  CHECK(fit.curvature == Approx(-2.409557026397375).epsilon(1e-12));
  CHECK(fit.slope_at(0.0) == Approx(2.4238629116546546).epsilon(1e-12));
  CHECK(fit.at(0.0) == Approx(0.16460891647260875).epsilon(1e-12));
  CHECK(fit.explained == Approx(0.9863884396790726).epsilon(1e-12));
  CHECK(fit.vertex().value() == Approx(0.5029685716296719).epsilon(1e-12));
}

TEST_CASE("no other parabola is closer", "[quadratic_fit]") {
  const auto seed = GENERATE(range(0U, 4U));
  const auto points = phiscope::test::random_rows(seed, 2, 11);
  const Numbers x(points.values.begin(), points.values.begin() + 11);
  const Numbers y(points.values.begin() + 11, points.values.end());
  const auto fit = quadratic_fit(x, y);
  const auto squares = [&](double constant, double slope, double curvature) {
    double sum = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double u = x[i] - fit.centre;
      const double left = y[i] - constant - slope * u - curvature * u * u;
      sum += left * left;
    }
    return sum;
  };
  const double least = squares(fit.constant, fit.slope, fit.curvature);
  for (const double step : {-1e-3, 1e-3}) {
    CHECK(squares(fit.constant + step, fit.slope, fit.curvature) > least);
    CHECK(squares(fit.constant, fit.slope + step, fit.curvature) > least);
    CHECK(squares(fit.constant, fit.slope, fit.curvature + step) > least);
  }
}

TEST_CASE("straight and level lines have no vertex", "[quadratic_fit]") {
  const auto level = quadratic_fit(Numbers{0, 1, 2, 3}, Numbers{4, 4, 4, 4});
  CHECK(level.vertex() == Value(Status::constant));
  CHECK(level.explained == 1.0);
  CHECK(level.at(9.0) == 4.0);
}

TEST_CASE("quadratic_fit says what it cannot do", "[quadratic_fit]") {
  CHECK(quadratic_fit(Numbers{0, 1, 1, 0}, Numbers{1, 2, 3, 4}).status == Status::too_few_rows);
  const double no = std::numeric_limits<double>::quiet_NaN();
  CHECK(quadratic_fit(Numbers{0, 1, 2}, Numbers{1, no, 3}).status == Status::nonfinite);
  CHECK(quadratic_fit(Numbers{0, no, 2}, Numbers{1, 2, 3}).status == Status::nonfinite);
  CHECK_THROWS_WITH(quadratic_fit(Numbers{0, 1, 2}, Numbers{1, 2}), Contains("lengths 3 and 2"));
}
