// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/covariance_spectrum.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/value.hpp>

#include <cmath>
#include <concepts>

namespace phiscope {

/// Participation ratio of the spectrum of the covariance, (sum of eigenvalues)^2 / sum of their
/// squares = tr(G)^2 / |G|_F^2, so no eigenvalue is computed.
/// @param rows  [row, unit]
/// @return  effective number of dimensions, in [1, min(rows - 1, units)]; too_few_rows below two
///          rows, constant if all rows are equal, nonfinite
template <std::floating_point T>
[[nodiscard]] Value participation_ratio(MatrixView<T> rows) {
  if (rows.rows() < 2) return Status::too_few_rows;
  const Eigen::MatrixXd gram = smaller_gram(rows);
  const double trace = gram.trace();
  if (!std::isfinite(trace)) return Status::nonfinite;
  if (trace == 0.0) return Status::constant;
  const double norm = (gram / trace).norm();
  return 1.0 / (norm * norm);
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Value participation_ratio(const Rows& rows) {
  return participation_ratio(rows_of(rows).view);
}

}  // namespace phiscope
