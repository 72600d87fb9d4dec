// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/log_sum_exp.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::log_sum_exp;
using phiscope::Status;

TEST_CASE("the logarithm of a sum of exponentials is that of the definition", "[log_sum_exp]") {
  for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 7U, 64U, 1003U}) {
    std::vector<double> x(n);
    std::vector<float> narrow(n);
    long double sum = 0.0L;
    for (std::size_t i = 0; i < n; ++i) {
      narrow[i] = static_cast<float>(std::sin(3.7 * static_cast<double>(i)) * 9.0);
      x[i] = static_cast<double>(narrow[i]);
      sum += std::exp(static_cast<long double>(x[i]));
    }
    CAPTURE(n);
    CHECK(log_sum_exp(x).value() ==
          Approx(static_cast<double>(std::log(sum))).epsilon(1e-14).margin(1e-14));
    CHECK(log_sum_exp(narrow).value() == log_sum_exp(x).value());
  }
}

TEST_CASE("large entries do not overflow and nothing has no sum", "[log_sum_exp]") {
  CHECK(log_sum_exp(std::vector<double>{1000.0, 1000.0}).value() ==
        Approx(1000.0 + std::log(2.0)).epsilon(1e-15));
  CHECK(log_sum_exp(std::vector<double>{-1000.0}).value() == -1000.0);
  CHECK(log_sum_exp(std::vector<double>{}).status() == Status::too_few_rows);
  for (const double bad :
       {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN()}) {
    CHECK(log_sum_exp(std::vector<double>{0.0, bad}).status() == Status::nonfinite);
  }
}
