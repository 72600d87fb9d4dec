// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/autocorrelation.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::autocorrelation;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;

namespace {

double lag_one(const std::vector<double>& series) {
  return autocorrelation<double>(series).value();
}

/// Digits that agree with a certified value.
double digits(double found, double certified) {
  return -std::log10(std::abs(found - certified) / std::abs(certified));
}

/// The NIST StRD sets NumAcc2 to NumAcc4: `middle`, then `low` and `high` in turn 500 times.
std::vector<double> alternating(double middle, double low, double high) {
  std::vector<double> series{middle};
  for (int k = 0; k < 500; ++k) series.insert(series.end(), {low, high});
  return series;
}

}  // namespace

TEST_CASE("the certified autocorrelations of NIST's NumAcc sets", "[autocorrelation]") {
  CHECK(lag_one({10000001, 10000003, 10000002}) == -0.5);
  CHECK(digits(lag_one(alternating(1.2, 1.1, 1.3)), -0.999) > 14);
  // The decimals cannot be held: 0.1 beside 10^6 and 10^7 keeps 9 and 8 digits.
  CHECK(digits(lag_one(alternating(1000000.2, 1000000.1, 1000000.3)), -0.999) > 9);
  CHECK(digits(lag_one(alternating(10000000.2, 10000000.1, 10000000.3)), -0.999) > 8);
}

TEST_CASE("autocorrelation agrees with its definition in long double", "[autocorrelation]") {
  const std::size_t lag = GENERATE(as<std::size_t>{}, 1, 2, 7, 29);
  const auto x = phiscope::test::coupled_series(lag, 30, 1);
  long double mean = 0, products = 0, squares = 0;
  for (const double value : x) mean += value / 30.0L;
  for (std::size_t t = 0; t < 30; ++t) {
    squares += (x[t] - mean) * (x[t] - mean);
    if (t + lag < 30) products += (x[t] - mean) * (x[t + lag] - mean);
  }
  const auto expected = static_cast<double>(products / squares);
  CHECK(autocorrelation<double>(x, lag).value() == Approx(expected).epsilon(0.0).margin(1e-14));
  std::vector<double> scaled = x;
  for (double& value : scaled) value *= -1e-200;
  CHECK(autocorrelation<double>(scaled, lag).value() ==
        Approx(expected).epsilon(0.0).margin(1e-13));
}

TEST_CASE("every series of a matrix has its autocorrelation", "[autocorrelation]") {
  const auto x = phiscope::test::coupled_series(3, 40, 5);
  const auto found = phiscope::autocorrelations(MatrixView<double>(x, 40, 5));
  REQUIRE(found.size() == 5);
  for (std::size_t j = 0; j < 5; ++j) {
    CHECK(found[j] == autocorrelation<double>(phiscope::test::column_of(x, 5, j)));
  }
}

TEST_CASE("short, constant and broken series have no autocorrelation", "[autocorrelation]") {
  const std::vector<double> one{1.0};
  CHECK(autocorrelation<double>({}) == Value(Status::too_short));
  CHECK(autocorrelation<double>(one) == Value(Status::too_short));
  const std::vector<double> flat(9, 0.1);
  CHECK(autocorrelation<double>(flat) == Value(Status::constant_series));
  CHECK(autocorrelation<double>(flat, 9) == Value(Status::too_short));
  const std::vector<double> broken{1, 2, std::nan(""), 4};
  CHECK(autocorrelation<double>(broken) == Value(Status::nonfinite));
  const std::vector<double> infinite{std::numeric_limits<double>::infinity(), 2, 3};
  CHECK(autocorrelation<double>(infinite) == Value(Status::nonfinite));
  CHECK_THROWS_AS(autocorrelation<double>(flat, 0), std::invalid_argument);
}
