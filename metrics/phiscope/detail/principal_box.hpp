// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/gram.hpp>
#include <phiscope/detail/k_means_seeding.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/trace_covariance.hpp>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <random>
#include <vector>

namespace phiscope::detail {

/// The box around centred rows along their principal axes, those of no extent left out.
struct PrincipalBox {
  std::vector<double> low;   ///< [axis]
  std::vector<double> high;  ///< [axis]
  bool finite = true;

  /// Rows drawn uniformly from the box, [row, axis].
  [[nodiscard]] std::vector<double> uniform(std::size_t rows, std::mt19937_64& engine) const {
    std::vector<double> drawn;
    drawn.reserve(rows * low.size());
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t axis = 0; axis < low.size(); ++axis) {
        drawn.push_back(low[axis] + uniform_unit(engine) * (high[axis] - low[axis]));
      }
    }
    return drawn;
  }
};

/// Coordinates of the rows along their principal axes, [row, axis]. With fewer rows than units from
/// their scalar products: G = U L U', and the coordinates are U sqrt(L).
template <std::floating_point T>
[[nodiscard]] Eigen::MatrixXd principal_coordinates(MatrixView<T> rows) {
  const auto count = static_cast<Eigen::Index>(rows.rows());
  const auto units = static_cast<Eigen::Index>(rows.cols());
  if (count < units) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(centred_gram(rows));
    const Eigen::ArrayXd lengths = solver.eigenvalues().array().max(0.0).sqrt();
    return solver.eigenvectors() * lengths.matrix().asDiagonal();
  }
  const std::vector<double> mean = mean_row(rows);
  Eigen::MatrixXd centred(count, units);
  for (Eigen::Index i = 0; i < count; ++i) {
    for (Eigen::Index j = 0; j < units; ++j) {
      centred(i, j) =
          static_cast<double>(rows.row(static_cast<std::size_t>(i))[static_cast<std::size_t>(j)]) -
          mean[static_cast<std::size_t>(j)];
    }
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(centred.transpose() * centred);
  return centred * solver.eigenvectors();
}

template <std::floating_point T>
[[nodiscard]] PrincipalBox principal_box(MatrixView<T> rows) {
  PrincipalBox box;
  if (rows.rows() == 0 || rows.cols() == 0) return box;
  box.finite = std::isfinite(scatter(rows));
  if (!box.finite) return box;
  const Eigen::MatrixXd at = principal_coordinates(rows);
  const double widest = at.cwiseAbs().maxCoeff();
  for (Eigen::Index axis = at.cols(); axis-- > 0;) {  // the longest first
    const double low = at.col(axis).minCoeff();
    const double high = at.col(axis).maxCoeff();
    if (high - low <= 1e-7 * widest) continue;  // what rounding leaves of no extent
    box.low.push_back(low);
    box.high.push_back(high);
  }
  return box;
}

}  // namespace phiscope::detail
