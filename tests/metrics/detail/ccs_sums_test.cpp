// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/detail/ccs_sums.hpp>
#include <phiscope/gaussian_phiid.hpp>

#include <vector>

using phiscope::MatrixView;

TEST_CASE("sums of redundancies at every length around a chunk and a lane", "[ccs_sums]") {
  const std::size_t times = GENERATE(as<std::size_t>{}, 10, 65, 66, 512, 513, 514, 1100);
  CAPTURE(times);
  const auto values = phiscope::test::coupled_series(times, times, 4);
  const MatrixView<double> view(values, times, 4);
  const auto data = phiscope::lagged_rows<double>(std::span(&view, 1), 1);
  const auto moments = phiscope::detail::lagged_moments(data);
  const phiscope::PhiidOptions options{.redundancy = phiscope::Redundancy::ccs};
  const bool all = GENERATE(true, false);
  phiscope::detail::CcsSums sums;
  std::size_t seen = 0;
  for (int round = 0; round < 2; ++round) {  // used again
    sums.reset({.first_i = 1, .count_i = 1, .first_j = 2, .count_j = 2}, all);
    for (std::size_t j = 0; j < 2; ++j) {
      const auto pair = phiscope::lagged_pair<double>(
          phiscope::test::column_of(values, 4, 1), phiscope::test::column_of(values, 4, 2 + j), 1);
      sums.want(0, j, pair.correlations, phiscope::gaussian_information(pair.correlations));
    }
    sums.compute(data, moments, options.sign_tolerance);
    for (const auto& pair : sums.pairs()) {
      CHECK(pair.i == 0);
      const auto one = phiscope::gaussian_phiid<double>(
          phiscope::test::column_of(values, 4, 1), phiscope::test::column_of(values, 4, 2 + pair.j),
          options);
      const auto n = static_cast<double>(times - 1);
      CHECK(pair.sum.rtr / n == Approx(one.redundancy.rtr).margin(1e-13));
      CHECK((pair.sum.rtr - pair.remainder) / n == Approx(one.atoms[15]).margin(1e-13));
      ++seen;
      if (!all) continue;
      CHECK(pair.sum.xyta / n == Approx(one.redundancy.xyta).margin(1e-13));
      CHECK(pair.sum.xytb / n == Approx(one.redundancy.xytb).margin(1e-13));
      CHECK(pair.sum.xytab / n == Approx(one.redundancy.xytab).margin(1e-13));
      CHECK(pair.sum.abtx / n == Approx(one.redundancy.abtx).margin(1e-13));
      CHECK(pair.sum.abty / n == Approx(one.redundancy.abty).margin(1e-13));
      CHECK(pair.sum.abtxy / n == Approx(one.redundancy.abtxy).margin(1e-13));
    }
  }
  CHECK(seen == 4);
}
