// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/detail/discrete_tile.hpp>

#include <numeric>
#include <vector>

using phiscope::MatrixView;
using phiscope::Status;

TEST_CASE("states are counted 64 transitions at a time", "[discrete_tile]") {
  const std::size_t times = GENERATE(as<std::size_t>{}, 2, 64, 65, 66, 200);
  const auto values = phiscope::test::coupled_series(times, times, 3);
  const MatrixView<double> view(values, times, 3);
  const auto data = phiscope::lagged_rows<double>(std::span(&view, 1), 1);
  const auto series = phiscope::detail::binary_series(data);
  const auto found = phiscope::detail::state_counts(series, 0, 2);
  const auto columns = phiscope::test::segments(phiscope::test::column_of(values, 3, 0),
                                                phiscope::test::column_of(values, 3, 2), 1);
  phiscope::BinaryCounts expected{};
  for (std::size_t t = 0; t + 1 < times; ++t) {
    std::size_t state = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      if (columns[k][t] > phiscope::test::mean_of_column(columns[k])) state += std::size_t{1} << k;
    }
    ++expected[state];
  }
  CHECK(found == expected);
  CHECK(std::accumulate(found.begin(), found.end(), std::size_t{0}) == times - 1);
}

TEST_CASE("binary series know what is broken or too short", "[discrete_tile]") {
  std::vector<double> values{1, 2, 3, 4, 5, 6};
  values[3] = std::nan("");
  const MatrixView<double> view(values, 3, 2);
  const auto data = phiscope::lagged_rows<double>(std::span(&view, 1), 1);
  CHECK(phiscope::detail::binary_series(data).status ==
        std::vector<Status>{Status::ok, Status::nonfinite});
  const auto none = phiscope::lagged_rows<double>(std::span(&view, 1), 3);
  CHECK(phiscope::detail::binary_series(none).status == std::vector<Status>(2, Status::too_short));
}
