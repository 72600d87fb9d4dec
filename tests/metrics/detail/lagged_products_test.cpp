// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/detail/lagged_products.hpp>

#include <array>
#include <cmath>
#include <vector>

using phiscope::MatrixView;
using phiscope::detail::LaggedProducts;

namespace {

/// Largest error of the four sums of a tile against sums in long double.
template <class P>
double worst_error(std::size_t times, std::size_t lag, std::size_t first_i, std::size_t count_i,
                   std::size_t first_j, std::size_t count_j) {
  const std::size_t series = 110;
  const std::vector<double> values = phiscope::test::coupled_series(times, times, series);
  const std::vector<MatrixView<double>> recordings{
      {std::span(values).first(times / 3 * series), times / 3, series},
      {std::span(values).subspan(times / 3 * series), times - times / 3, series}};
  const auto data = phiscope::lagged_rows<double>(recordings, lag);
  const auto m = phiscope::detail::lagged_moments(data);
  LaggedProducts<P> products;
  products.compute(data, m, 0, 96, 0, 96);  // what is left from another tile must not matter
  products.compute(data, m, first_i, count_i, first_j, count_j);
  const auto u = [&](std::size_t t, std::size_t s) {
    return static_cast<long double>((data.rows[t][s] - m.centre[s]) * m.scale[s]);
  };
  double worst = 0.0;
  for (std::size_t i = 0; i < count_i; ++i) {
    for (std::size_t j = first_i == first_j ? i + 1 : 0; j < count_j; ++j) {
      std::array<long double, 4> sums{};
      const std::size_t x = first_i + i, y = first_j + j;
      for (std::size_t t = 0; t < data.rows.size(); ++t) {
        if (data.begins[t] == 0) continue;
        sums[0] += u(t, x) * u(t, y);
        sums[1] += u(t + lag, x) * u(t + lag, y);
        sums[2] += u(t + lag, x) * u(t, y);
        sums[3] += u(t, x) * u(t + lag, y);
      }
      const std::array<double, 4> found{products.past(i)[j], products.future(i)[j],
                                        products.future_past(i)[j], products.past_future(i)[j]};
      for (std::size_t k = 0; k < 4; ++k) {
        worst = std::max(worst, std::abs(static_cast<double>(found[k] - sums[k])));
      }
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("a tile holds sums of products of pasts and futures", "[lagged_products]") {
  const std::size_t lag = GENERATE(as<std::size_t>{}, 1, 2, 70);
  const std::size_t times = GENERATE(as<std::size_t>{}, 30, 63, 129, 300);
  CAPTURE(lag, times);
  CHECK(worst_error<double>(times, lag, 0, 96, 96, 14) < 1e-13 * static_cast<double>(times));
  CHECK(worst_error<double>(times, lag, 0, 96, 0, 96) < 1e-13 * static_cast<double>(times));
  CHECK(worst_error<double>(times, lag, 96, 14, 96, 14) < 1e-13 * static_cast<double>(times));
  CHECK(worst_error<double>(times, lag, 3, 1, 50, 5) < 1e-13 * static_cast<double>(times));
}

TEST_CASE("single-precision products are rounded in panels only", "[lagged_products]") {
  const double worst = worst_error<float>(300, 1, 0, 96, 96, 14);
  CHECK(worst < 300 * 1e-6);
  CHECK(worst > 1e-9);
}
