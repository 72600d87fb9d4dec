// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/distance.hpp>

#include <cmath>
#include <vector>

using phiscope::distance;
using phiscope::dot;
using phiscope::norm;
using phiscope::squared_distance;
using phiscope::test::random_rows;

namespace {
template <class T>
std::span<const T> row(const std::vector<T>& values) {
  return values;
}
}  // namespace

TEST_CASE("distances of small rows are exact", "[distance]") {
  const std::vector<double> a{1, 2, 3};
  const std::vector<double> b{4, 6, 3};
  CHECK(squared_distance(row(a), row(b)) == 25.0);
  CHECK(distance(row(a), row(b)) == 5.0);
  CHECK(dot(row(a), row(b)) == 25.0);
  CHECK(norm(row(std::vector<double>{3, 4})) == 5.0);
  CHECK(distance(row(a), row(a)) == 0.0);
}

TEST_CASE("float rows are subtracted in double", "[distance]") {
  // In float the squares overflow (1e38) and 1 + 2^-24 rounds away.
  const std::vector<float> big{1e30F, 0.0F};
  const std::vector<float> zero{0.0F, 0.0F};
  CHECK(distance(row(big), row(zero)) == Approx(1e30).epsilon(1e-6));
  const std::vector<float> a{1.0F};
  const std::vector<float> b{0x1p-30F};
  CHECK(distance(row(a), row(b)) == 1.0 - 0x1p-30);
}

TEST_CASE("distance and dot agree with the plain loop at every length", "[distance]") {
  const auto length = GENERATE(range(std::size_t{0}, std::size_t{67}));
  CAPTURE(length);
  const auto x = random_rows(length, 2, length);
  double squares = 0.0;
  double products = 0.0;
  for (std::size_t i = 0; i < length; ++i) {
    const double p = x.values[i];
    const double q = x.values[length + i];
    squares += (p - q) * (p - q);
    products += p * q;
  }
  CHECK(squared_distance(x.view().row(0), x.view().row(1)) == Approx(squares).epsilon(1e-14));
  CHECK(dot(x.view().row(0), x.view().row(1)) ==
        Approx(products).margin(1e-14 * static_cast<double>(length)));
}

TEST_CASE("the order of summation is fixed: every machine gets the same digits", "[distance]") {
  const std::size_t length = GENERATE(as<std::size_t>{}, 5, 16, 31, 100, 1000);
  const auto x = random_rows<float>(length, 2, length, 7.0);
  std::vector<double> lane(16, 0.0);  // unit i belongs to lane i mod 16
  for (std::size_t i = 0; i < length; ++i) {
    const double d = double{x.values[i]} - double{x.values[length + i]};
    lane[i % 16] += d * d;
  }
  std::vector<double> four(4);
  for (std::size_t i = 0; i < 4; ++i)
    four[i] = (lane[i] + lane[8 + i]) + (lane[4 + i] + lane[12 + i]);
  const double expected = (four[0] + four[2]) + (four[1] + four[3]);
  CHECK(squared_distance(x.view().row(0), x.view().row(1)) == expected);
}

TEST_CASE("distance is symmetric and unmoved by a common shift", "[distance]") {
  const auto seed = GENERATE(range(0U, 10U));
  auto x = random_rows(seed, 2, 33);
  const double there = distance(x.view().row(0), x.view().row(1));
  CHECK(distance(x.view().row(1), x.view().row(0)) == there);
  for (double& value : x.values) value += 2.0;
  CHECK(distance(x.view().row(0), x.view().row(1)) == Approx(there).epsilon(1e-14));
}

TEST_CASE("rows of different length have no distance", "[distance]") {
  const std::vector<double> a(3);
  const std::vector<double> b(4);
  CHECK_THROWS_WITH(squared_distance(row(a), row(b)), Contains("lengths 3 and 4"));
  CHECK_THROWS_AS(dot(row(a), row(b)), std::invalid_argument);
}
