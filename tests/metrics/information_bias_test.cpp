// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/information_bias.hpp>

#include <cmath>

TEST_CASE("the leading bias is degrees over twice the samples", "[information_bias]") {
  CHECK(phiscope::information_bias_nats(1.0, 50) == 0.01);
  CHECK(phiscope::information_bias_nats(4.0, 50) == 0.04);
  const auto gaussian = phiscope::gaussian_bias(100);  // 1 x 1, 2 x 1 and 2 x 2 dimensions
  CHECK(gaussian.xtb == 0.005);
  CHECK(gaussian.ytab == 0.01);
  CHECK(gaussian.xytab == 0.02);
  const auto binary = phiscope::binary_bias(100);  // (2-1)(2-1), (4-1)(2-1), (4-1)(4-1)
  CHECK(binary.yta * std::log(2.0) == Approx(0.005).epsilon(1e-15));
  CHECK(binary.xytb * std::log(2.0) == Approx(0.015).epsilon(1e-15));
  CHECK(binary.xytab * std::log(2.0) == Approx(0.045).epsilon(1e-15));
}

TEST_CASE("informations are subtracted one by one", "[information_bias]") {
  const phiscope::PhiidInformation a{.xta = 1,
                                     .xtb = 2,
                                     .yta = 3,
                                     .ytb = 4,
                                     .xyta = 5,
                                     .xytb = 6,
                                     .xtab = 7,
                                     .ytab = 8,
                                     .xytab = 9};
  const auto difference = phiscope::less(a, a);
  CHECK(difference.xta == 0);
  CHECK(difference.xytab == 0);
  const auto rest = phiscope::less(a, {.xtb = 0.5, .ytab = 1.0});
  CHECK(rest.xtb == 1.5);
  CHECK(rest.ytab == 7.0);
  CHECK(rest.ytb == 4.0);
}
