// SPDX-License-Identifier: MIT
#include "sampling/analysis/principal.hpp"

#include "analyze/sampling/synthetic_run.hpp"
#include "catch.hpp"

#include <cmath>
#include <limits>

namespace phiscope::analyze::sampling::principal_test {

TEST_CASE("rows on a line and across it are shown as they are", "[principal]") {
  // Along (3, 4) / 5 by -2, 0, 2 and across it by 1, -2, 1, around (10, 20).
  const std::vector<float> rows = {10 - 1.2F - 0.8F, 20 - 1.6F + 0.6F, 10 + 1.6F,
                                   20 - 1.2F,        10 + 1.2F - 0.8F, 20 + 1.6F + 0.6F};
  const PrincipalPlane plane = principal_plane(MatrixView<float>(rows, 3, 2));
  CHECK(plane.share.value() == Approx(1.0));
  // Variances 8 and 6; the first component's sign makes the larger of equal ones positive.
  CHECK(std::abs(plane.rows[0][0]) == Approx(2.0).epsilon(1e-5));
  CHECK(plane.rows[1][0] == Approx(0.0).margin(1e-5));
  CHECK(plane.rows[2][0] == Approx(-plane.rows[0][0]).epsilon(1e-5));
  CHECK(plane.rows[1][1] == Approx(2.0).epsilon(1e-5));
  CHECK(plane.rows[0][1] == Approx(-1.0).epsilon(1e-5));
}

TEST_CASE("distances in the plane are those of the rows where two components are all",
          "[principal]") {
  std::vector<float> rows;
  for (std::int64_t i = 0; i < 6; ++i) {
    for (std::int64_t unit = 0; unit < 7; ++unit) {
      rows.push_back(static_cast<float>(test::noise({i, 1}) * test::noise({unit, 2}) +
                                        test::noise({i, 3}) * test::noise({unit, 4})));
    }
  }
  const PrincipalPlane plane = principal_plane(MatrixView<float>(rows, 6, 7));
  CHECK(plane.share.value() == Approx(1.0));
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      double apart = 0.0;
      for (std::size_t unit = 0; unit < 7; ++unit) {
        apart += std::pow(rows[i * 7 + unit] - rows[j * 7 + unit], 2);
      }
      const double shown =
          std::hypot(plane.rows[i][0] - plane.rows[j][0], plane.rows[i][1] - plane.rows[j][1]);
      CHECK(shown == Approx(std::sqrt(apart)).epsilon(1e-4));
    }
  }
}

TEST_CASE("equal rows have no plane, and numbers that are not finite none either", "[principal]") {
  const std::vector<float> equal = {1, 2, 1, 2, 1, 2};
  CHECK(principal_plane(MatrixView<float>(equal, 3, 2)).share == Value(Status::constant));
  const std::vector<float> bad = {1, 2, 1, std::numeric_limits<float>::quiet_NaN()};
  CHECK(principal_plane(MatrixView<float>(bad, 2, 2)).share == Value(Status::nonfinite));
}

}  // namespace phiscope::analyze::sampling::principal_test
