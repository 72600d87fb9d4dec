// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "strided_rows.hpp"

#include <phiscope/participation_ratio.hpp>

#include <limits>
#include <vector>

using phiscope::MatrixView;
using phiscope::participation_ratio;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_rows;

namespace {

/// (sum of variances)^2 / sum over pairs of units of their covariance squared, term by term.
template <class T>
double by_covariances(MatrixView<T> x) {
  const auto n = static_cast<double>(x.rows());
  std::vector<double> mean(x.cols(), 0.0);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) mean[j] += static_cast<double>(x.row(i)[j]) / n;
  }
  double trace = 0.0;
  double squares = 0.0;
  for (std::size_t a = 0; a < x.cols(); ++a) {
    for (std::size_t b = 0; b < x.cols(); ++b) {
      double covariance = 0.0;
      for (std::size_t i = 0; i < x.rows(); ++i) {
        covariance += (static_cast<double>(x.row(i)[a]) - mean[a]) *
                      (static_cast<double>(x.row(i)[b]) - mean[b]);
      }
      squares += covariance * covariance;
      if (a == b) trace += covariance;
    }
  }
  return trace * trace / squares;
}

}  // namespace

TEST_CASE("its ratio counts directions of equal variance", "[participation_ratio]") {
  const std::vector<double> line{0, 0, 1, 2, 5, 10};
  CHECK(participation_ratio(MatrixView<double>(line, 3, 2)).value() == Approx(1.0).epsilon(1e-14));
  const std::vector<double> cross{1, 0, -1, 0, 0, 1, 0, -1};
  CHECK(participation_ratio(MatrixView<double>(cross, 4, 2)).value() == Approx(2.0).epsilon(1e-14));
}

TEMPLATE_TEST_CASE("the participation ratio agrees with the covariances", "[participation_ratio]",
                   float, double) {
  const auto seed = GENERATE(range(0U, 10U));
  // Fewer rows than units, as many, and more (also more than a panel of 64).
  const auto [rows, units] =
      GENERATE(table<std::size_t, std::size_t>({{4, 9}, {6, 6}, {9, 4}, {130, 5}}));
  CAPTURE(seed, rows, units);
  const auto x = random_rows<TestType>(seed, rows, units, 2.0, 30.0);
  const double found = participation_ratio(x.view()).value();
  CHECK(found == Approx(by_covariances(x.view())).epsilon(1e-9));
  CHECK(found >= 1.0);
  CHECK(found <= static_cast<double>(std::min(rows - 1, units)) * (1.0 + 1e-12));
  const phiscope::test::StridedRows<TestType> strided(x.view());
  CHECK(participation_ratio(strided.view()) == Value(found));
}

TEST_CASE("the unit of length does not matter", "[participation_ratio]") {
  const auto x = random_rows(1, 5, 7);
  const auto scaled = random_rows(1, 5, 7, 0x1p-300);
  CHECK(participation_ratio(scaled.view()) == participation_ratio(x.view()));
}

TEST_CASE("the participation ratio needs rows that differ", "[participation_ratio]") {
  CHECK(participation_ratio(MatrixView<double>({}, 0, 2)) == Value(Status::too_few_rows));
  const std::vector<double> same(12, 0.1);
  CHECK(participation_ratio(MatrixView<double>(std::span(same).first(2), 1, 2)) ==
        Value(Status::too_few_rows));
  CHECK(participation_ratio(MatrixView<double>(same, 2, 6)) == Value(Status::constant));
  CHECK(participation_ratio(MatrixView<double>(same, 6, 2)) == Value(Status::constant));
  std::vector<double> broken{1, 2, 3, 4, 5, 6, 7, 8};
  broken[3] = std::numeric_limits<double>::quiet_NaN();
  CHECK(participation_ratio(MatrixView<double>(broken, 2, 4)) == Value(Status::nonfinite));
  CHECK(participation_ratio(MatrixView<double>(broken, 4, 2)) == Value(Status::nonfinite));
}
