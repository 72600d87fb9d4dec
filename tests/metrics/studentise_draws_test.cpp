// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/max_statistic.hpp>
#include <phiscope/studentise_draws.hpp>

#include <cmath>
#include <vector>

using phiscope::studentise_draws;
using Numbers = std::vector<double>;

TEST_CASE("observed and drawn numbers of a test share a mean of 0 and a spread of 1",
          "[studentise_draws]") {
  Numbers observed{4.0, 300.0};
  Numbers draws{1.0, 100.0,  //
                3.0, 200.0,  //
                0.0, 0.0};
  studentise_draws(observed, draws);
  const double first = std::sqrt((4.0 + 1.0 + 1.0 + 4.0) / 4.0);  // 4, 1, 3, 0 around 2
  CHECK(observed[0] == Approx(2.0 / first));
  CHECK(draws[0] == Approx(-1.0 / first));
  CHECK(draws[4] == Approx(-2.0 / first));
  const double second = std::sqrt((22500.0 + 2500.0 + 2500.0 + 22500.0) / 4.0);
  CHECK(observed[1] == Approx(150.0 / second));
  CHECK(draws[3] == Approx(50.0 / second));
}

TEST_CASE("a test of one number only is 0 everywhere, so that it decides nothing",
          "[studentise_draws]") {
  Numbers observed{0.5, 2.0};
  Numbers draws{0.5, 1.0, 0.5, 1.5};
  studentise_draws(observed, draws);
  CHECK(observed[0] == 0.0);
  CHECK(draws[2] == 0.0);
  Numbers none;
  CHECK_THROWS_WITH(studentise_draws(none, draws),
                    "studentise_draws: 4 numbers, expected a multiple of the 0 tests");
}

TEST_CASE("a test in a large unit does not decide for the others", "[studentise_draws]") {
  Numbers observed{10.0, 0.0};
  Numbers draws;
  for (int i = 0; i < 19; ++i) {
    draws.push_back(0.1 * i);
    draws.push_back(1000.0 * (i - 9));
  }
  studentise_draws(observed, draws);
  const auto p = max_statistic_p(observed, phiscope::MatrixView<double>(draws, 19, 2));
  CHECK(p[0] == 0.05);
  CHECK(p[1] > 0.5);
}
