// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/gaussian_lanes.hpp>

#include <cmath>
#include <random>

using phiscope::detail::CorrelationLanes;
using phiscope::detail::mmi_lanes;
using phiscope::detail::MmiLanes;

TEST_CASE("lanes hold what each pair by itself has", "[gaussian_lanes]") {
  std::mt19937_64 engine(1);
  const auto small = [&engine] {
    return (static_cast<double>(engine() >> 11) * 0x1p-52 - 1.0) * 0.3;
  };
  CorrelationLanes lanes;
  lanes.self = 0.7;
  for (std::size_t j = 0; j < 96; ++j) {
    lanes.past[j] = small();
    lanes.future[j] = small();
    lanes.xb[j] = small();
    lanes.ya[j] = small();
    lanes.yb[j] = small();
  }
  const double bias = GENERATE(0.0, 0.01);
  const std::size_t count = GENERATE(as<std::size_t>{}, 1, 5, 96);
  const MmiLanes found = mmi_lanes(lanes, count, bias, true);
  double worst = 0.0;
  for (std::size_t j = 0; j < count; ++j) {
    auto i = phiscope::gaussian_information(lanes.at(j));
    for (const auto single : {&i.xta, &i.xtb, &i.yta, &i.ytb}) *single -= bias;
    for (const auto triple : {&i.xyta, &i.xytb, &i.xtab, &i.ytab}) *triple -= 2.0 * bias;
    i.xytab -= 4.0 * bias;
    const auto atoms = phiscope::phiid_atoms(i, phiscope::mmi_redundancy(i));
    worst = std::max({worst, std::abs(found.sts[j] - atoms[15]), std::abs(found.rtr[j] - atoms[0]),
                      std::abs(found.tdmi[j] - i.xytab)});
    CHECK(found.determinant[j] > 0.0);
  }
  CHECK(worst < 1e-14);
}

TEST_CASE("a singular lane shows in its determinant only", "[gaussian_lanes]") {
  CorrelationLanes lanes;
  lanes.past[1] = 1.0;
  const MmiLanes found = mmi_lanes(lanes, 3, 0.0, false);
  CHECK_FALSE(found.determinant[1] > 0.0);
  CHECK(found.determinant[0] == 1.0);
  CHECK(found.sts[2] == 0.0);
}
