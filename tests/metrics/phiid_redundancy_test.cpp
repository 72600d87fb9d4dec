// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/phiid_redundancy.hpp>

#include <random>

using phiscope::ccs_redundancy;
using phiscope::mmi_redundancy;
using phiscope::PhiidInformation;
using phiscope::PhiidRedundancy;

TEST_CASE("minimum mutual information is the smaller mean", "[phiid_redundancy]") {
  const PhiidInformation mean{.xta = 4,
                              .xtb = 3,
                              .yta = 2,
                              .ytb = 5,
                              .xyta = 7,
                              .xytb = 6,
                              .xtab = 9,
                              .ytab = 8,
                              .xytab = 20};
  const PhiidRedundancy r = mmi_redundancy(mean);
  CHECK(r.xyta == 2);
  CHECK(r.xytb == 3);
  CHECK(r.xytab == 8);
  CHECK(r.abtx == 3);
  CHECK(r.abty == 2);
  CHECK(r.abtxy == 6);
  CHECK(r.rtr == 2);
}

TEST_CASE("local minimum mutual information follows the smaller mean", "[phiid_redundancy]") {
  PhiidInformation mean{.xta = 1,
                        .xtb = 2,
                        .yta = 1,
                        .ytb = 3,
                        .xyta = 5,
                        .xytb = 4,
                        .xtab = 6,
                        .ytab = 7,
                        .xytab = 9};
  const PhiidInformation local{.xta = 10,
                               .xtb = -20,
                               .yta = 30,
                               .ytb = 40,
                               .xyta = 50,
                               .xytb = 60,
                               .xtab = 70,
                               .ytab = 80,
                               .xytab = 90};
  const PhiidRedundancy r = mmi_redundancy(mean, local);
  CHECK(r.xyta == 30);  // equal means: the second
  CHECK(r.xytb == -20);
  CHECK(r.xytab == 70);
  CHECK(r.abtx == 10);
  CHECK(r.abty == 30);
  CHECK(r.abtxy == 60);
  CHECK(r.rtr == 10);  // equal means: the first of the four
  mean.ytb = 0.5;
  CHECK(mmi_redundancy(mean, local).rtr == 40);
}

TEST_CASE("common change in surprisal counts where all signs agree", "[phiid_redundancy]") {
  // i1 + i2 - i12 shared: 0.5 + 0.4 - 0.7 = 0.2, all positive.
  PhiidInformation local{.xta = 0.5, .xtb = 0.0, .yta = 0.4, .ytb = 0.0, .xyta = 0.7};
  CHECK(ccs_redundancy(local, 1e-10).xyta == Approx(0.2).epsilon(1e-14));
  local.xyta = 1.0;  // more together than apart: synergy, nothing shared
  CHECK(ccs_redundancy(local, 1e-10).xyta == 0.0);
  local.xyta = -0.1;
  CHECK(ccs_redundancy(local, 1e-10).xyta == 0.0);
  local = {.xta = -0.5, .yta = -0.4, .xyta = -0.7};  // misinformation that both share
  CHECK(ccs_redundancy(local, 1e-10).xyta == Approx(-0.2).epsilon(1e-14));
  local = {.xta = -0.5, .yta = 0.4, .xyta = -0.2};
  CHECK(ccs_redundancy(local, 1e-10).xyta == 0.0);
}

TEST_CASE("numbers below the tolerance have no sign", "[phiid_redundancy]") {
  const PhiidInformation local{.xta = 1e-12, .yta = 0.4, .xyta = 0.3};
  CHECK(ccs_redundancy(local, 1e-10).xyta == 0.0);
  CHECK(ccs_redundancy(local, 0.0).xyta == Approx(0.1).epsilon(1e-10));
}

TEST_CASE("double redundancy needs one sign of the four single informations",
          "[phiid_redundancy]") {
  // All nine alike: everything is shared by everything, so all of it is rtr.
  PhiidInformation local{.xta = 1,
                         .xtb = 1,
                         .yta = 1,
                         .ytb = 1,
                         .xyta = 1,
                         .xytb = 1,
                         .xtab = 1,
                         .ytab = 1,
                         .xytab = 1};
  const PhiidRedundancy r = ccs_redundancy(local, 1e-10);
  CHECK(r.xyta == 1);
  CHECK(r.abtxy == 1);
  CHECK(r.rtr == 1);
  CHECK(phiscope::phiid_atoms(local, r)[phiscope::phiid_sts] == 0.0);
  local.ytb = -1;
  CHECK(ccs_redundancy(local, 1e-10).rtr == 0.0);
}

TEST_CASE("at every step sts is rtr less the remainder", "[phiid_redundancy]") {
  std::mt19937_64 engine(1);
  const auto number = [&engine] { return static_cast<double>(engine() >> 11) * 0x1p-52 - 0.7; };
  for (int k = 0; k < 1000; ++k) {
    const PhiidInformation i{.xta = number(),
                             .xtb = number(),
                             .yta = number(),
                             .ytb = number(),
                             .xyta = number(),
                             .xytb = number(),
                             .xtab = number(),
                             .ytab = number(),
                             .xytab = number()};
    const auto found = phiscope::detail::ccs_local(i, 1e-10);
    const auto atoms = phiscope::phiid_atoms(i, found.redundancy);
    CHECK(atoms[phiscope::phiid_sts] ==
          Approx(found.redundancy.rtr - found.remainder).margin(1e-14));
  }
}
