// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/distance.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/value.hpp>

#include <Eigen/Core>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace phiscope {

/// Mean cosine over all pairs of rows, (|sum of unit rows|^2 - n) / (n (n - 1)): one pass over the
/// rows, and no matrix of pairs.
/// @param rows  [row, unit]
/// @return  in [-1 / (n - 1), 1] up to rounding; too_few_rows below two rows, zero_norm, nonfinite
template <std::floating_point T>
[[nodiscard]] Value mean_cosine(MatrixView<T> rows) {
  if (rows.rows() < 2) return Status::too_few_rows;
  const auto units = static_cast<Eigen::Index>(rows.cols());
  Eigen::ArrayXd sum = Eigen::ArrayXd::Zero(units);
  Status status = Status::ok;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const double length = norm(rows.row(i));
    if (length == 0.0) status = first_reason(status, Status::zero_norm);
    if (!std::isfinite(length)) status = first_reason(status, Status::nonfinite);
    if (status != Status::ok) continue;  // a later row may have a reason that counts first
    using Row = Eigen::Array<T, Eigen::Dynamic, 1>;
    const Eigen::Map<const Row> row(rows.row(i).data(), units);
    sum += row.template cast<double>() / length;
  }
  if (status != Status::ok) return status;
  const auto n = static_cast<double>(rows.rows());
  const std::span<const double> total(sum.data(), rows.cols());
  return (dot(total, total) - n) / (n * (n - 1.0));
}

}  // namespace phiscope
