// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/multiply_add.hpp>

TEST_CASE("a product and a sum in one", "[multiply_add]") {
  CHECK(phiscope::detail::multiply_add(3.0, 4.0, 5.0) == 17.0);
  const double small = 0x1p-30;  // (1 + s)^2 - 1 = 2 s + s^2: the square may be rounded off
  CHECK(phiscope::detail::multiply_add(1.0 + small, 1.0 + small, -1.0) ==
        Approx(2.0 * small).epsilon(1e-8));
}
