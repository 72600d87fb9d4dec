// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/sum.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using phiscope::CompensatedSum;

TEST_CASE("a compensated sum keeps what plain addition rounds off", "[sum]") {
  CompensatedSum sum;
  for (const double term : {1.0, 1e100, 1.0, -1e100}) sum += term;
  CHECK(sum.value() == 2.0);
}

TEST_CASE("taking a large part out leaves the small ones", "[sum]") {
  CompensatedSum all;
  CompensatedSum large;
  CompensatedSum small;
  for (const double term : phiscope::test::random_rows(1, 1, 100).values) {
    all += term;
    small += term;
    all += 1e14 * term;
    large += 1e14 * term;
  }
  all -= large;
  CHECK(all.value() == Approx(small.value()).epsilon(1e-13));
}

TEST_CASE("the mean does not depend on the order of its terms", "[sum]") {
  std::vector<double> terms = phiscope::test::random_rows(2, 1, 1000, 1e8).values;
  const double mean = phiscope::mean_of(terms);
  std::sort(terms.begin(), terms.end());
  CHECK(phiscope::mean_of(terms) == mean);
  CHECK(phiscope::mean_of(std::vector<double>{1, 2, 6}) == 3.0);
  CHECK(std::isnan(phiscope::mean_of(std::vector<double>{1, NAN})));
}
