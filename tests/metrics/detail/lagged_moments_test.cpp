// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/detail/lagged_moments.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::MatrixView;
using phiscope::Status;
using phiscope::detail::lagged_moments;
using phiscope::detail::LaggedMoments;
using phiscope::test::column_of;
using phiscope::test::Real;

namespace {

LaggedMoments moments(const std::vector<double>& values, std::size_t series, std::size_t lag = 1) {
  const MatrixView<double> view(values, values.size() / series, series);
  return lagged_moments(phiscope::lagged_rows<double>(std::span(&view, 1), lag));
}

}  // namespace

TEST_CASE("moments are those of past and future apart", "[lagged_moments]") {
  const std::size_t lag = GENERATE(as<std::size_t>{}, 1, 3, 17);
  const double outlier = GENERATE(0.0, 1e6);
  std::vector<double> values = phiscope::test::coupled_series(lag, 30, 3);
  values[values.size() - 2] += outlier;  // last value of series 1: in its future only
  const LaggedMoments found = moments(values, 3, lag);
  for (std::size_t j = 0; j < 3; ++j) {
    const auto x = column_of(values, 3, j);
    const auto part = phiscope::test::segments(x, x, lag);
    const auto& past = part[0];
    const auto& future = part[2];
    const Real m = phiscope::test::mean_of_column(past);
    const Real f = phiscope::test::mean_of_column(future);
    Real pp = 0, ff = 0, pf = 0;
    for (std::size_t t = 0; t < past.size(); ++t) {
      pp += (past[t] - m) * (past[t] - m);
      ff += (future[t] - f) * (future[t] - f);
      pf += (past[t] - m) * (future[t] - f);
    }
    const Real scale = found.scale[j];
    CHECK(std::abs(found.past_mean[j] / scale + found.centre[j] - m) < 1e-14L * std::abs(m));
    CHECK(std::abs(found.future_mean[j] / scale + found.centre[j] - f) < 1e-14L * std::abs(f));
    CHECK(found.past_weight[j] * scale ==
          Approx(static_cast<double>(1 / std::sqrt(pp))).epsilon(1e-14));
    CHECK(found.future_weight[j] * scale ==
          Approx(static_cast<double>(1 / std::sqrt(ff))).epsilon(1e-14));
    CHECK(found.self[j] == Approx(static_cast<double>(pf / std::sqrt(pp * ff))).margin(1e-14));
    CHECK(found.status[j] == Status::ok);
  }
}

TEST_CASE("the scale is a power of two that brings the series to one", "[lagged_moments]") {
  std::vector<double> values = phiscope::test::coupled_series(1, 20, 2);
  for (std::size_t t = 0; t < 20; ++t) values[2 * t] *= 1e250;
  const LaggedMoments found = moments(values, 2);
  for (std::size_t j = 0; j < 2; ++j) {
    int exponent = 0;
    CHECK(std::frexp(found.scale[j], &exponent) == 0.5);
    double largest = 0.0;
    for (const double x : column_of(values, 2, j)) {
      largest = std::max(largest, std::abs((x - found.centre[j]) * found.scale[j]));
    }
    CHECK(largest >= 1.0);
    CHECK(largest < 2.0);
  }
}

TEST_CASE("each series has its own status", "[lagged_moments]") {
  std::vector<double> values = phiscope::test::coupled_series(1, 20, 6);
  for (std::size_t t = 0; t < 20; ++t) {
    values[t * 6 + 1] = 0.1;
    values[t * 6 + 2] = t == 19 ? 1.0 : 0.5;  // the past is constant
    values[t * 6 + 3] = t == 0 ? 1.0 : 0.5;   // the future is constant
  }
  values[5 * 6 + 4] = std::nan("");
  values[19 * 6 + 5] = std::numeric_limits<double>::infinity();
  const LaggedMoments found = moments(values, 6);
  CHECK(found.status == std::vector<Status>{Status::ok, Status::constant_series,
                                            Status::constant_series, Status::constant_series,
                                            Status::nonfinite, Status::nonfinite});
  CHECK(moments(phiscope::test::coupled_series(1, 5, 2), 2).status ==
        std::vector<Status>(2, Status::too_short));
  CHECK(moments(phiscope::test::coupled_series(1, 6, 2), 2).status ==
        std::vector<Status>(2, Status::ok));
}
