// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/detail/scaled_rows.hpp>

#include <span>
#include <vector>

TEST_CASE("a row is written in blocks, the last of which may be short", "[scaled_rows]") {
  const std::size_t times = 9, series = 12;
  const std::vector<double> values = phiscope::test::coupled_series(3, times, series);
  const phiscope::MatrixView<double> view(values, times, series);
  const auto data = phiscope::lagged_rows<double>(std::span(&view, 1), 1);
  const auto moments = phiscope::detail::lagged_moments(data);
  const std::size_t first = GENERATE(as<std::size_t>{}, 0, 2);
  const std::size_t count = GENERATE(as<std::size_t>{}, 0, 3, 4, 10);
  constexpr std::size_t stored = 5;
  std::vector<float> written(3 * 4 * stored, 7.0F);
  phiscope::detail::prefetch_row(data, times + 1, first, count);  // there is no such row
  phiscope::detail::pack_scaled<4, stored>(data.rows[6], moments, first, count, written.data() + 4);
  std::vector<float> expected(written.size(), 7.0F);
  for (std::size_t j = 0; j < count; ++j) {
    const std::size_t s = first + j;
    expected[j / 4 * 4 * stored + 4 + j % 4] =
        static_cast<float>((data.rows[6][s] - moments.centre[s]) * moments.scale[s]);
  }
  CHECK(written == expected);
}
