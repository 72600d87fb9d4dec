// SPDX-License-Identifier: MIT
#include "random_model/normal.hpp"

#include "catch.hpp"

#include <utility>
#include <vector>

namespace phiscope::extract::normal_test {

TEST_CASE("the logarithm is that of the library but for its last digits", "[normal]") {
  for (const double x : {1e-308, 1e-20, 0.07, 0.5, 0.70710678, 0.7071068, 1.0, 1.5, 2.0, 1e300}) {
    CAPTURE(x);
    CHECK(plain_log(x) == Approx(std::log(x)).epsilon(1e-15).margin(1e-15));
  }
}

TEST_CASE("normal quantiles are those of Python's NormalDist().inv_cdf", "[normal]") {
  const std::vector<std::pair<double, double>> known = {
      {1e-300, -37.0470962993612},  {1e-20, -9.262340089798405},
      {1e-05, -4.2648907939228256}, {0.01, -2.3263478740408408},
      {0.07, -1.4757910281791702},  {0.075, -1.4395314709384557},
      {0.3, -0.5244005127080407},   {0.5, 0.0},
      {0.9, 1.2815515655446008},    {0.9999999, 5.199337582290662}};
  for (const auto& [p, wanted] : known) {
    CAPTURE(p);
    CHECK(normal_quantile(p) == Approx(wanted).epsilon(1e-14));
  }
}

// Philox4x32-10 and NormalDist().inv_cdf of Python, written independently.
TEST_CASE("a normal number is a function of seed, stream and index", "[normal]") {
  CHECK(normal_at(1, 0, 0) == Approx(1.0242885887929527).epsilon(1e-14));
  CHECK(normal_at(1, 0, 1) == Approx(-0.6889311229889978).epsilon(1e-14));
  CHECK(normal_at(1, 2, 0) == Approx(0.5713572665001024).epsilon(1e-14));
  CHECK(normal_at(7, 0, std::uint64_t{1} << 33U) == Approx(0.026724799643526517).epsilon(1e-14));
}

TEST_CASE("normal numbers have the moments of the distribution", "[normal]") {
  constexpr int count = 200'000;
  double sums[5] = {};
  double neighbours = 0.0;
  double before = 0.0;
  for (int i = 0; i < count; ++i) {
    const double z = normal_at(3, 5, static_cast<std::uint64_t>(i));
    double power = 1.0;
    for (double& sum : sums) {
      sum += power / count;
      power *= z;
    }
    neighbours += z * before / count;
    before = z;
  }
  CHECK(sums[1] == Approx(0.0).margin(0.01));  // standard error 0.0022
  CHECK(sums[2] == Approx(1.0).margin(0.015));
  CHECK(sums[3] == Approx(0.0).margin(0.04));
  CHECK(sums[4] == Approx(3.0).margin(0.1));
  CHECK(neighbours == Approx(0.0).margin(0.01));
}

}  // namespace phiscope::extract::normal_test
