// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "strided_rows.hpp"

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

TEMPLATE_TEST_CASE("any number of rows and units, in place or apart", "[trace_covariance]", float,
                   double) {
  const std::size_t rows = GENERATE(as<std::size_t>{}, 2, 3, 5, 6, 9, 70);
  const std::size_t units = GENERATE(as<std::size_t>{}, 1, 4, 7, 33);
  CAPTURE(rows, units);
  const auto x = random_rows<TestType>(rows * units, rows, units, 2.0, 7.0);
  long double sum = 0.0L;
  for (std::size_t j = 0; j < units; ++j) {
    long double mean = 0.0L;
    for (std::size_t i = 0; i < rows; ++i) mean += x.view().row(i)[j];
    mean /= static_cast<long double>(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      sum += (x.view().row(i)[j] - mean) * (x.view().row(i)[j] - mean);
    }
  }
  const auto expected = static_cast<double>(sum / static_cast<long double>(rows - 1));
  CHECK(trace_covariance(x.view()).value() == Approx(expected).epsilon(1e-14));
  const phiscope::test::StridedRows<TestType> strided(x.view());
  CHECK(trace_covariance(strided.view()) == trace_covariance(x.view()));
}

TEST_CASE("a first row far from all others costs no digits", "[trace_covariance]") {
  // 1999 rows within 1e-6 of each other and row 0 at distance 1: the shift by row 0 loses 3 digits.
  std::vector<double> y(2000, 0.0);
  for (std::size_t i = 1; i < 2000; ++i) y[i] = 1.0 + 1e-6 * static_cast<double>(i % 2);
  double by_two_passes = 0.0;
  double centre = 0.0;
  for (const double v : y) centre += v / 2000.0;
  for (const double v : y) by_two_passes += (v - centre) * (v - centre);
  CHECK(phiscope::scatter(MatrixView<double>(y, 2000, 1)) == Approx(by_two_passes).epsilon(1e-13));
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
