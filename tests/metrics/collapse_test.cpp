// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/collapse.hpp>

#include <Eigen/Eigenvalues>

#include <cmath>
#include <vector>

using phiscope::Collapse;
using phiscope::collapse;
using phiscope::MatrixView;
using phiscope::mean_cosine;
using phiscope::participation_ratio;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_rows;

TEST_CASE("the collapse measures of three points", "[collapse]") {
  const std::vector<double> values{3, 0, 0, 4, 0, 8};
  const Collapse found = collapse(MatrixView<double>(values, 3, 2));
  CHECK(found.mean_cosine.value() == Approx(1.0 / 3.0).epsilon(1e-15));
  CHECK(found.mean_distance.value() == Approx((5.0 + std::sqrt(73.0) + 4.0) / 3.0).epsilon(1e-15));
  CHECK(found.smallest_distance == Value(4.0));
  CHECK(found.largest_distance.value() == Approx(std::sqrt(73.0)).epsilon(1e-15));
  CHECK(found.centroid_norm.value() == Approx(std::sqrt(17.0)).epsilon(1e-15));
  CHECK(found.spread.value() == Approx(38.0 / 3.0).epsilon(1e-15));  // (4+16 + 1+0 + 1+16) / 3
}

TEST_CASE("the participation ratio counts directions of equal variance", "[collapse]") {
  const std::vector<double> line{0, 0, 1, 2, 5, 10};
  CHECK(participation_ratio(MatrixView<double>(line, 3, 2)).value() == Approx(1.0).epsilon(1e-14));
  const std::vector<double> cross{1, 0, -1, 0, 0, 1, 0, -1};
  CHECK(participation_ratio(MatrixView<double>(cross, 4, 2)).value() == Approx(2.0).epsilon(1e-14));
}

TEST_CASE("the participation ratio agrees with the spectrum of the covariance", "[collapse]") {
  const auto seed = GENERATE(range(0U, 10U));
  const auto x = random_rows<float>(seed, 9, 6, 2.0, 30.0);
  Eigen::MatrixXd rows(9, 6);
  for (Eigen::Index i = 0; i < 9; ++i) {
    for (Eigen::Index j = 0; j < 6; ++j) rows(i, j) = x.values[static_cast<std::size_t>(i * 6 + j)];
  }
  rows.rowwise() -= rows.colwise().mean().eval();
  const Eigen::VectorXd lambda =
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(rows.transpose() * rows).eigenvalues();
  const double expected = std::pow(lambda.sum(), 2) / lambda.squaredNorm();
  const double found = participation_ratio(x.view()).value();
  CHECK(found == Approx(expected).epsilon(1e-11));
  CHECK(found >= 1.0);
  CHECK(found <= 6.0);
}

TEST_CASE("its mean cosine agrees with the mean over pairs", "[collapse]") {
  const auto seed = GENERATE(range(0U, 10U));
  const auto x = random_rows<float>(seed, 11, 8, 1.0, 0.3);
  double sum = 0.0;
  for (std::size_t a = 0; a < 11; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      double ab = 0, aa = 0, bb = 0;
      for (std::size_t j = 0; j < 8; ++j) {
        const double p = x.view().row(a)[j];
        const double q = x.view().row(b)[j];
        ab += p * q;
        aa += p * p;
        bb += q * q;
      }
      sum += ab / std::sqrt(aa * bb);
    }
  }
  CHECK(mean_cosine(x.view()).value() == Approx(sum / 55.0).margin(1e-14));
}

TEST_CASE("collapsed rows are constant, not of dimension zero", "[collapse]") {
  const std::vector<double> values(7 * 3, 0.1);
  const Collapse found = collapse(MatrixView<double>(values, 7, 3));
  CHECK(found.mean_cosine.value() == Approx(1.0).epsilon(1e-14));
  CHECK(found.mean_distance == Value(0.0));
  CHECK(found.spread == Value(0.0));
  CHECK(found.participation_ratio == Value(Status::constant));
}

TEST_CASE("collapse of too few or broken rows is undefined", "[collapse]") {
  std::vector<double> values{3, 4};
  const Collapse one = collapse(MatrixView<double>(values, 1, 2));
  CHECK(one.mean_cosine == Value(Status::too_few_rows));
  CHECK(one.mean_distance == Value(Status::too_few_rows));
  CHECK(one.largest_distance == Value(Status::too_few_rows));
  CHECK(one.participation_ratio == Value(Status::too_few_rows));
  CHECK(one.centroid_norm == Value(5.0));
  CHECK(one.spread == Value(0.0));
  CHECK(collapse(MatrixView<double>(values, 0, 2, 2)).spread == Value(Status::too_few_rows));
  values = {3, 4, std::nan(""), 1};
  const Collapse broken = collapse(MatrixView<double>(values, 2, 2));
  for (const Value& value : {broken.mean_cosine, broken.mean_distance, broken.smallest_distance,
                             broken.spread, broken.centroid_norm, broken.participation_ratio}) {
    CHECK(value == Value(Status::nonfinite));
  }
  values = {3, 4, 0, 0};
  CHECK(mean_cosine(MatrixView<double>(values, 2, 2)) == Value(Status::zero_norm));
}
