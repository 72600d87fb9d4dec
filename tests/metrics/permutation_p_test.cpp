// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/permutation_p.hpp>

#include <cmath>
#include <vector>

using phiscope::draws_needed;
using phiscope::permutation_p;
using phiscope::Side;
using phiscope::Status;
using phiscope::Value;
using Numbers = std::vector<double>;

TEST_CASE("the observed number is one of the draws", "[permutation_p]") {
  const Numbers null{1, 2, 3, 4};
  CHECK(permutation_p(5.0, null).p_value == Value(0.2));  // never 0
  CHECK(permutation_p(4.0, null).p_value == Value(0.4));  // equal is as extreme
  CHECK(permutation_p(0.0, null).p_value == Value(1.0));
  CHECK(permutation_p(0.0, null, Side::less).p_value == Value(0.2));
  CHECK(permutation_p(2.0, null, Side::less).p_value == Value(0.6));
  CHECK(permutation_p(5.0, null, Side::two_sided).p_value == Value(0.4));
  CHECK(permutation_p(0.0, null, Side::two_sided).p_value == Value(0.4));
  CHECK(permutation_p(2.5, null, Side::two_sided).p_value == Value(1.0));
  CHECK(permutation_p(5.0, null).least_p == 0.2);
  CHECK(permutation_p(5.0, null, Side::two_sided).least_p == 0.4);
  CHECK(permutation_p(5.0, null).draws == 4);
  // The same sum in another order is not less extreme.
  CHECK(permutation_p(0.1 + 0.2, Numbers{0.3}).p_value == Value(1.0));
}

TEST_CASE("a p-value is uniform where the hypothesis holds", "[permutation_p]") {
  int below_5 = 0;
  int below_50 = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const Numbers draws = phiscope::test::random_rows(seed, 1, 20).values;
    const Numbers null(draws.begin() + 1, draws.end());
    const double p = permutation_p(draws.front(), null).p_value.value();
    below_5 += p <= 0.05 ? 1 : 0;
    below_50 += p <= 0.5 ? 1 : 0;
  }
  CHECK(below_5 == Approx(100).margin(30));  // three standard errors
  CHECK(below_50 == Approx(1000).margin(68));
}

TEST_CASE("a p-value needs draws that are finite", "[permutation_p]") {
  CHECK(permutation_p(1.0, Numbers{}).p_value == Value(Status::too_few_rows));
  CHECK(permutation_p(1.0, Numbers{}).least_p == 1.0);
  CHECK(permutation_p(std::nan(""), Numbers{1}).p_value == Value(Status::nonfinite));
  CHECK(permutation_p(1.0, Numbers{1, std::nan("")}).p_value == Value(Status::nonfinite));
}

TEST_CASE("how many draws a level needs", "[permutation_p]") {
  CHECK(draws_needed(0.05) == 19);
  CHECK(draws_needed(0.05, 16) == 319);
  CHECK(draws_needed(0.05, 1152) == 23039);
  CHECK(draws_needed(0.01) == 99);
  CHECK(draws_needed(0.3) == 3);
  CHECK_THROWS_AS(draws_needed(0.0), std::invalid_argument);
  CHECK_THROWS_AS(draws_needed(0.05, 0), std::invalid_argument);
}
