// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/phiid_options.hpp>

TEST_CASE("the defaults are the experiment's: Gaussian, MMI, lag 1", "[phiid_options]") {
  const phiscope::PhiidOptions options;
  CHECK(options.kind == phiscope::PhiidKind::gaussian);
  CHECK(options.redundancy == phiscope::Redundancy::mmi);
  CHECK(options.lag == 1);
  CHECK(options.singular_ratio == 2.2e-10);
  CHECK_FALSE(options.bias_correction);
  CHECK(phiscope::Phiid{}.local.empty());
}
