// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/trace_covariance.hpp>

#include <cmath>
#include <vector>

using phiscope::MatrixView;
using phiscope::Status;
using phiscope::trace_covariance;
using phiscope::Value;
using phiscope::test::random_rows;

namespace {
/// Tr Cov = 1 / (2 n (n - 1)) * sum_ij |z_i - z_j|^2. Shares no code with the metric.
double trace_covariance_by_pairs(MatrixView<float> z) {
  double sum = 0.0;
  for (std::size_t i = 0; i < z.rows(); ++i) {
    for (std::size_t j = 0; j < z.rows(); ++j) {
      for (std::size_t k = 0; k < z.cols(); ++k) {
        sum += std::pow(double{z.row(i)[k]} - double{z.row(j)[k]}, 2);
      }
    }
  }
  const auto n = static_cast<double>(z.rows());
  return sum / (2.0 * n * (n - 1.0));
}
}  // namespace

TEST_CASE("the trace of the covariance of three points", "[trace_covariance]") {
  const std::vector<double> values{0, 0, 3, 0, 0, 6};
  const MatrixView<double> rows(values, 3, 2);
  CHECK(phiscope::mean_row(rows) == std::vector<double>{1, 2});
  CHECK(phiscope::scatter(rows) == 30.0);
  CHECK(trace_covariance(rows) == Value(15.0));
}

TEST_CASE("trace_covariance agrees with the pairwise formula", "[trace_covariance]") {
  const auto seed = GENERATE(range(0U, 20U));
  CAPTURE(seed);
  const auto x = random_rows<float>(seed, 7, 5, 3.0, 100.0);
  CHECK(trace_covariance(x.view()).value() ==
        Approx(trace_covariance_by_pairs(x.view())).epsilon(1e-12));
}

TEST_CASE("equal rows have no variance, to the bit", "[trace_covariance]") {
  const std::vector<double> values(7 * 3, 0.1);
  CHECK(trace_covariance(MatrixView<double>(values, 7, 3)) == Value(0.0));
}

TEST_CASE("trace_covariance needs two finite rows", "[trace_covariance]") {
  std::vector<double> values{1, 2};
  CHECK(trace_covariance(MatrixView<double>(values, 1, 2)) == Value(Status::too_few_rows));
  values[0] = std::nan("");
  CHECK(trace_covariance(MatrixView<double>(values, 2, 1)) == Value(Status::nonfinite));
  values.clear();
  CHECK(trace_covariance(MatrixView<double>(values, 0, 1)) == Value(Status::too_few_rows));
}
