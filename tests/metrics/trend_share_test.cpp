// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detrend.hpp>
#include <phiscope/trend_share.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::Status;
using phiscope::trend_share;
using Numbers = std::vector<double>;

namespace {

double variance(const Numbers& numbers) {
  double sum = 0.0;
  double squares = 0.0;
  for (const double x : numbers) sum += x;
  const double mean = sum / static_cast<double>(numbers.size());
  for (const double x : numbers) squares += (x - mean) * (x - mean);
  return squares;
}

}  // namespace

TEST_CASE("the share of a line is what detrending takes away", "[trend_share]") {
  Numbers series;
  for (int t = 0; t < 50; ++t)
    series.push_back(0.07 * t + std::sin(1.7 * t) + 0.5 * std::cos(t * t));
  const Numbers left = phiscope::detrended(series, phiscope::Detrend::linear).values;
  const double share = trend_share(series).value();
  CHECK(share == Approx(1.0 - variance(left) / variance(series)).epsilon(1e-10));
  CHECK(share > 0.3);
  CHECK(trend_share(left).value() < 1e-20);
  CHECK(trend_share(Numbers{-1, -3, -5, -7}).value() == Approx(1.0));
  CHECK(trend_share(Numbers{1, 0, 1}).value() == 0.0);
}

TEST_CASE("a series without variance has no trend to explain", "[trend_share]") {
  CHECK(trend_share(Numbers{1, 2}) == Status::too_short);
  CHECK(trend_share(Numbers{2, 2, 2}) == Status::constant_series);
  CHECK(trend_share(Numbers{1, std::numeric_limits<double>::infinity(), 2}) == Status::nonfinite);
}
