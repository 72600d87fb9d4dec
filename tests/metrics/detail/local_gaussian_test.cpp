// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/detail/lagged_correlations.hpp>
#include <phiscope/detail/local_gaussian.hpp>

#include <cmath>
#include <numbers>
#include <vector>

using phiscope::PhiidInformation;
using phiscope::test::column_of;

TEST_CASE("local informations are log-density ratios", "[local_gaussian]") {
  const auto both = phiscope::test::coupled_series(3, 60, 2);
  const auto x = column_of(both, 2, 0);
  const auto y = column_of(both, 2, 1);
  const auto pair = phiscope::lagged_pair<double>(x, y, 1);
  const auto mean = phiscope::gaussian_information(pair.correlations);
  const phiscope::detail::LocalGaussian gaussian(pair.correlations, mean);
  const auto columns = phiscope::test::segments(x, y, 1);
  const auto entropy = [&](unsigned members) {
    return phiscope::test::gaussian_entropy(columns, members);
  };
  struct One {
    double PhiidInformation::*member;
    unsigned past;
    unsigned future;
  };
  for (const One& one : {One{&PhiidInformation::xta, 1, 4}, One{&PhiidInformation::xtb, 1, 8},
                         One{&PhiidInformation::yta, 2, 4}, One{&PhiidInformation::ytb, 2, 8},
                         One{&PhiidInformation::xyta, 3, 4}, One{&PhiidInformation::xytb, 3, 8},
                         One{&PhiidInformation::xtab, 1, 12}, One{&PhiidInformation::ytab, 2, 12},
                         One{&PhiidInformation::xytab, 3, 12}}) {
    CAPTURE(one.past, one.future);
    const auto past = entropy(one.past);
    const auto future = entropy(one.future);
    const auto joint = entropy(one.past | one.future);
    double sum = 0.0;
    for (std::size_t t = 0; t < 59; ++t) {
      const auto score = [t](const phiscope::Standardised& part) {
        return part.values[t] / std::numbers::sqrt2;
      };
      const double found =
          gaussian.at(score(pair.x), score(pair.y), score(pair.a), score(pair.b)).*one.member;
      CHECK(found == Approx(static_cast<double>(past[t] + future[t] - joint[t])).margin(1e-12));
      sum += found;
    }
    CHECK(sum / 59 == Approx(mean.*one.member).margin(1e-13));
  }
}
