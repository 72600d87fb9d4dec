// SPDX-License-Identifier: MIT
#include "sampling/analysis/principal.hpp"

#include <phiscope/trace_covariance.hpp>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>

namespace phiscope::analyze::sampling {
namespace {

/// Scalar products of the rows less their mean. Solutions are few and units many.
Eigen::MatrixXd centred_products(MatrixView<float> rows) {
  const std::vector<double> mean = mean_row(rows);
  const auto count = static_cast<Eigen::Index>(rows.rows());
  Eigen::MatrixXd centred(static_cast<Eigen::Index>(rows.cols()), count);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const auto row = rows.row(i);
    for (std::size_t j = 0; j < row.size(); ++j) {
      centred(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(i)) =
          static_cast<double>(row[j]) - mean[j];
    }
  }
  return centred.transpose() * centred;
}

}  // namespace

PrincipalPlane principal_plane(MatrixView<float> rows) {
  PrincipalPlane plane{.rows = std::vector<std::array<double, 2>>(rows.rows()),
                       .share = Status::constant};
  if (rows.rows() == 0) return plane;
  const Eigen::MatrixXd products = centred_products(rows);
  if (!products.allFinite()) {
    plane.share = Status::nonfinite;
    return plane;
  }
  const double total = products.trace();
  if (total <= 0.0) return plane;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(products);
  double shown = 0.0;
  for (std::size_t axis = 0; axis < std::min<std::size_t>(2, rows.rows()); ++axis) {
    const auto column = static_cast<Eigen::Index>(rows.rows() - 1 - axis);
    const double variance = std::max(solver.eigenvalues()[column], 0.0);
    shown += variance;
    const Eigen::VectorXd direction = solver.eigenvectors().col(column);
    Eigen::Index largest = 0;
    direction.cwiseAbs().maxCoeff(&largest);
    const double sign = direction[largest] < 0.0 ? -1.0 : 1.0;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      plane.rows[i][axis] = sign * std::sqrt(variance) * direction[static_cast<Eigen::Index>(i)];
    }
  }
  plane.share = std::min(shown / total, 1.0);
  return plane;
}

}  // namespace phiscope::analyze::sampling
