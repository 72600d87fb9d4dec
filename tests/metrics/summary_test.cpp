// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/summary.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::median;
using phiscope::quantile;
using phiscope::standard_deviation;
using phiscope::Status;
using phiscope::Value;

TEST_CASE("a quantile is linear between neighbours", "[summary]") {
  // numpy.quantile([-1, 0.5, 2, 7], p)
  const std::vector<double> numbers{-1, 0.5, 2, 7};
  CHECK(quantile(numbers, 0.0) == Value(-1.0));
  CHECK(quantile(numbers, 1.0) == Value(7.0));
  CHECK(quantile(numbers, 0.5) == Value(1.25));
  CHECK(quantile(numbers, 0.25) == Value(0.125));
  CHECK(quantile(numbers, 0.9).value() == Approx(5.5).epsilon(1e-15));
  CHECK(quantile(std::vector<double>{3}, 0.7) == Value(3.0));
  CHECK(quantile({}, 0.5) == Value(Status::too_few_rows));
  CHECK_THROWS_WITH(quantile(numbers, 1.5), Contains("expected 0 to 1"));
  CHECK_THROWS_AS(quantile(numbers, std::nan("")), std::invalid_argument);
}

TEST_CASE("the median is the middle, in any order", "[summary]") {
  CHECK(median(std::vector<double>{3, 1, 2}) == Value(2.0));
  CHECK(median(std::vector<double>{9, 4, 5, 2}) == Value(4.5));
  CHECK(median(std::vector<double>{4}) == Value(4.0));
  const double large = std::numeric_limits<double>::max();
  CHECK(median(std::vector<double>{large, large}) == Value(large));
  CHECK(median({}) == Value(Status::too_few_rows));
  CHECK(median(std::vector<double>{4, std::nan(""), 5}) == Value(Status::nonfinite));
}

TEST_CASE("the standard deviation divides by n - 1", "[summary]") {
  // numpy.std([2, 4, 4, 4, 5, 5, 7, 9], ddof=1)
  const std::vector<double> numbers{2, 4, 4, 4, 5, 5, 7, 9};
  CHECK(standard_deviation(numbers).value() == Approx(2.138089935299395).epsilon(1e-15));
  CHECK(standard_deviation(std::vector<double>{1e9 + 1, 1e9 + 2, 1e9 + 3}) == Value(1.0));
  CHECK(standard_deviation(std::vector<double>{7, 7}) == Value(0.0));
  CHECK(standard_deviation(std::vector<double>{4}) == Value(Status::too_few_rows));
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(standard_deviation(std::vector<double>{4, infinity}) == Value(Status::nonfinite));
}
