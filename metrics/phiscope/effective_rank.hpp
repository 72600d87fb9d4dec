// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/covariance_spectrum.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/value.hpp>

#include <cmath>
#include <concepts>

namespace phiscope {

/// Effective rank exp(-sum p log p), p the eigenvalues of the covariance of the rows as shares of
/// their sum (not the singular values, of which other definitions take the shares).
/// @param rows  [row, unit]
/// @return  effective number of dimensions, in [1, min(rows - 1, units)] up to rounding, at least
///          participation_ratio(); too_few_rows below two rows, constant if all rows are equal,
///          nonfinite
template <std::floating_point T>
[[nodiscard]] Value effective_rank(MatrixView<T> rows) {
  if (rows.rows() < 2) return Status::too_few_rows;
  const Eigen::MatrixXd gram = smaller_gram(rows);
  if (!gram.allFinite()) return Status::nonfinite;
  if (gram.trace() == 0.0) return Status::constant;
  double entropy = 0.0;
  for (const double share : spectrum_shares(gram)) {
    if (share > 0.0) entropy -= share * std::log(share);
  }
  return std::exp(entropy);
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Value effective_rank(const Rows& rows) {
  return effective_rank(rows_of(rows).view);
}

}  // namespace phiscope
