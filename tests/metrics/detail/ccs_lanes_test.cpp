// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/detail/ccs_lanes.hpp>
#include <phiscope/gaussian_phiid.hpp>

#include <array>
#include <cstddef>
#include <vector>

using namespace phiscope::detail;

namespace {

/// Two pasts and two futures, and the Gaussian that they are drawn from.
struct Example {
  static constexpr std::size_t times = 65;
  std::vector<double> values = phiscope::test::coupled_series(3, times, 2);
  std::array<std::vector<double>, 4> scores;
  LocalGaussian gaussian;

  Example() {
    const auto i = phiscope::test::column_of(values, 2, 0);
    const auto j = phiscope::test::column_of(values, 2, 1);
    const auto pair = phiscope::lagged_pair<double>(i, j, 1);
    gaussian = LocalGaussian(pair.correlations, phiscope::gaussian_information(pair.correlations));
    for (std::size_t t = 0; t < ccs_lanes; ++t) {
      scores[0].push_back(i[t]);
      scores[1].push_back(j[t]);
      scores[2].push_back(i[t + 1]);
      scores[3].push_back(j[t + 1]);
    }
  }

  [[nodiscard]] CcsSteps steps(std::size_t count) const {
    return {.x = scores[0].data(),
            .y = scores[1].data(),
            .a = scores[2].data(),
            .b = scores[3].data(),
            .count = count};
  }
};

}  // namespace

TEST_CASE("a lane holds the redundancies of its time step", "[ccs_lanes]") {
  const Example example;
  const std::size_t count = GENERATE(as<std::size_t>{}, 0, 1, 37, 64);
  alignas(64) CcsLanes<8> all{};
  alignas(64) CcsLanes<2> two{};
  all[1][0] = 2.0;  // is added to
  add_ccs_lanes(example.gaussian, example.steps(count), 1e-10, all);
  add_ccs_lanes(example.gaussian, example.steps(count), 1e-10, two);
  all[1][0] -= 2.0;
  for (std::size_t t = 0; t < ccs_lanes; ++t) {
    CcsLocal one;
    const auto& of = example.scores;
    if (t < count)
      one = ccs_local(example.gaussian.at(of[0][t], of[1][t], of[2][t], of[3][t]), 1e-10);
    const auto near = [](double value) { return Approx(value).margin(1e-13); };
    CHECK(two[0][t] == near(one.remainder));
    CHECK(two[1][t] == near(one.redundancy.rtr));
    CHECK(all[0][t] == near(one.remainder));
    CHECK(all[1][t] == near(one.redundancy.rtr));
    CHECK(all[2][t] == near(one.redundancy.xyta));
    CHECK(all[3][t] == near(one.redundancy.xytb));
    CHECK(all[4][t] == near(one.redundancy.xytab));
    CHECK(all[5][t] == near(one.redundancy.abtx));
    CHECK(all[6][t] == near(one.redundancy.abty));
    CHECK(all[7][t] == near(one.redundancy.abtxy));
  }
}

TEST_CASE("redundancies have the same digits in AVX-512", "[ccs_lanes]") {
  if (!has_wide_vectors()) {
    WARN("skipped: no AVX-512, or all is compiled for it");
    return;
  }
  const Example example;
  for (const std::size_t count : std::array<std::size_t, 3>{1, 37, 64}) {
    alignas(64) CcsLanes<8> wide{}, narrow{};
    add_wide_ccs_lanes(example.gaussian, example.steps(count), 1e-10, wide);
    add_narrow_ccs_lanes(example.gaussian, example.steps(count), 1e-10, narrow);
    CHECK(wide == narrow);
    CHECK(wide[0][0] != 0.0);
  }
}
