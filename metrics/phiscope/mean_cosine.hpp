// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/row_sums.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/value.hpp>

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
  std::vector<double> sum(rows.cols(), 0.0);
  Status status = Status::ok;
  // One over the length of a row, 0 after a reason was found: a later one may count first.
  const auto weight = [&rows, &status](std::size_t i) {
    const double length = norm(rows.row(i));
    if (length == 0.0) status = first_reason(status, Status::zero_norm);
    if (!std::isfinite(length)) status = first_reason(status, Status::nonfinite);
    return status == Status::ok ? 1.0 / length : 0.0;
  };
  const auto later = [&rows](std::size_t i) {
    return i < rows.rows() ? rows.row(i) : std::span<const T>();
  };
  std::size_t i = 0;
  for (; i + 4 <= rows.rows(); i += 4) {
    add_rows<T>({rows.row(i), rows.row(i + 1), rows.row(i + 2), rows.row(i + 3)},
                {weight(i), weight(i + 1), weight(i + 2), weight(i + 3)}, sum,
                {later(i + 4), later(i + 5), later(i + 6), later(i + 7)});
  }
  for (; i < rows.rows(); ++i) add_row(rows.row(i), weight(i), sum);
  if (status != Status::ok) return status;
  const auto n = static_cast<double>(rows.rows());
  const std::span<const double> total(sum);
  return (dot(total, total) - n) / (n * (n - 1.0));
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Value mean_cosine(const Rows& rows) {
  return mean_cosine(rows_of(rows).view);
}

}  // namespace phiscope
