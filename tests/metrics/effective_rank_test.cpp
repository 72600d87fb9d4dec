// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "strided_rows.hpp"

#include <phiscope/effective_rank.hpp>
#include <phiscope/participation_ratio.hpp>

#include <Eigen/SVD>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::effective_rank;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_rows;

namespace {

/// From the singular values of the centred rows; another decomposition, of another matrix.
template <class T>
double by_singular_values(MatrixView<T> x) {
  Eigen::MatrixXd rows(static_cast<Eigen::Index>(x.rows()), static_cast<Eigen::Index>(x.cols()));
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) {
      rows(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
          static_cast<double>(x.row(i)[j]);
    }
  }
  rows.rowwise() -= rows.colwise().mean().eval();
  const Eigen::ArrayXd lambda =
      Eigen::JacobiSVD<Eigen::MatrixXd>(rows).singularValues().array().square();
  double entropy = 0.0;
  for (const double value : lambda) {
    const double share = value / lambda.sum();
    if (share > 0.0) entropy -= share * std::log(share);
  }
  return std::exp(entropy);
}

}  // namespace

TEST_CASE("the effective rank counts directions of equal variance", "[effective_rank]") {
  const std::vector<double> line{0, 0, 1, 2, 5, 10};
  CHECK(effective_rank(MatrixView<double>(line, 3, 2)).value() == Approx(1.0).epsilon(1e-12));
  const std::vector<double> cross{1, 0, -1, 0, 0, 1, 0, -1};
  CHECK(effective_rank(MatrixView<double>(cross, 4, 2)).value() == Approx(2.0).epsilon(1e-14));
  // Variances 4 : 1, shares 0.8 and 0.2.
  const std::vector<double> oval{2, 0, -2, 0, 0, 1, 0, -1};
  CHECK(effective_rank(MatrixView<double>(oval, 4, 2)).value() ==
        Approx(std::exp(-0.8 * std::log(0.8) - 0.2 * std::log(0.2))).epsilon(1e-14));
}

TEMPLATE_TEST_CASE("the effective rank agrees with the singular values", "[effective_rank]", float,
                   double) {
  const auto seed = GENERATE(range(0U, 8U));
  const auto [rows, units] =
      GENERATE(table<std::size_t, std::size_t>({{4, 9}, {6, 6}, {9, 4}, {130, 5}}));
  CAPTURE(seed, rows, units);
  const auto x = random_rows<TestType>(seed, rows, units, 2.0, 5.0);
  const double found = effective_rank(x.view()).value();
  CHECK(found == Approx(by_singular_values(x.view())).epsilon(1e-10));
  CHECK(found <= static_cast<double>(std::min(rows - 1, units)) * (1.0 + 1e-10));
  CHECK(found >= phiscope::participation_ratio(x.view()).value() * (1.0 - 1e-10));
  const phiscope::test::StridedRows<TestType> strided(x.view());
  CHECK(effective_rank(strided.view()) == Value(found));
}

TEST_CASE("the effective rank needs rows that differ", "[effective_rank]") {
  CHECK(effective_rank(MatrixView<double>({}, 0, 2)) == Value(Status::too_few_rows));
  const std::vector<double> same(12, 0.1);
  CHECK(effective_rank(MatrixView<double>(std::span(same).first(2), 1, 2)) ==
        Value(Status::too_few_rows));
  CHECK(effective_rank(MatrixView<double>(same, 2, 6)) == Value(Status::constant));
  CHECK(effective_rank(MatrixView<double>(same, 6, 2)) == Value(Status::constant));
  std::vector<double> broken{1, 2, 3, 4, 5, 6, 7, 8};
  broken[3] = std::numeric_limits<double>::infinity();
  CHECK(effective_rank(MatrixView<double>(broken, 2, 4)) == Value(Status::nonfinite));
  CHECK(effective_rank(MatrixView<double>(broken, 4, 2)) == Value(Status::nonfinite));
}
