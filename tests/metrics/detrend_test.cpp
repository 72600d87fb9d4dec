// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/detrend.hpp>

#include <cmath>
#include <vector>

using phiscope::Detrend;
using phiscope::detrended;
using phiscope::Status;

namespace {

std::vector<double> without(const std::vector<double>& x, Detrend mode) {
  const auto found = detrended<double>(x, mode);
  REQUIRE(found.status == Status::ok);
  return found.values;
}

}  // namespace

TEST_CASE("no detrending changes nothing", "[detrend]") {
  const std::vector<double> x{3, 1, 4};
  CHECK(without(x, Detrend::none) == x);
}

TEST_CASE("differences and logarithms", "[detrend]") {
  CHECK(without({3, 1, 4, 4}, Detrend::difference) == std::vector<double>{-2, 3, 0});
  CHECK(without({1, std::exp(2.0)}, Detrend::log) == std::vector<double>{0, 2});
}

TEST_CASE("lines and parabolas leave nothing", "[detrend]") {
  std::vector<double> line, parabola;
  for (int t = 0; t < 100; ++t) {
    line.push_back(5.0 - 0.25 * t);
    parabola.push_back(2.0 + 3.0 * t - 0.5 * t * t);
  }
  for (const double rest : without(line, Detrend::linear)) CHECK(std::abs(rest) < 1e-12);
  for (const double rest : without(line, Detrend::poly2)) CHECK(std::abs(rest) < 1e-12);
  for (const double rest : without(parabola, Detrend::poly2)) CHECK(std::abs(rest) < 1e-9);
  CHECK(std::abs(without(parabola, Detrend::linear)[0]) > 100.0);
}

TEST_CASE("what is left is orthogonal to the trend: least squares", "[detrend]") {
  const std::size_t n = GENERATE(as<std::size_t>{}, 4, 51);
  const auto x = phiscope::test::coupled_series(n, n, 1);
  for (const Detrend mode : {Detrend::linear, Detrend::poly2}) {
    const auto rest = without(x, mode);
    for (int power = 0; power <= (mode == Detrend::poly2 ? 2 : 1); ++power) {
      double product = 0.0;
      for (std::size_t t = 0; t < n; ++t) {
        product += rest[t] * std::pow(static_cast<double>(t) / static_cast<double>(n), power);
      }
      CHECK(std::abs(product) < 1e-12);
    }
  }
}

TEST_CASE("detrending what is too short or broken has a status", "[detrend]") {
  CHECK(detrended<double>({}, Detrend::none).status == Status::too_short);
  const std::vector<double> one{1.0};
  CHECK(detrended<double>(one, Detrend::none).status == Status::ok);
  CHECK(detrended<double>(one, Detrend::difference).status == Status::too_short);
  CHECK(detrended<double>(one, Detrend::linear).status == Status::too_short);
  const std::vector<double> two{1.0, 2.0};
  CHECK(detrended<double>(two, Detrend::poly2).status == Status::too_short);
  const std::vector<double> broken{1.0, std::nan(""), 2.0};
  const std::vector<double> zero{1.0, 0.0, 2.0};
  for (const Detrend mode : {Detrend::none, Detrend::linear, Detrend::difference, Detrend::log}) {
    CHECK(detrended<double>(broken, mode).status == Status::nonfinite);
  }
  CHECK(detrended<double>(zero, Detrend::log).status == Status::nonfinite);
}
