// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/distance.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/value.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <vector>

namespace phiscope {

/// Rows divided by their length, so that a scalar product is a cosine.
struct UnitRows {
  std::vector<double> values;  ///< [row, unit]; meaningless unless status is ok
  std::size_t rows = 0;
  std::size_t units = 0;
  Status status = Status::ok;  ///< zero_norm or nonfinite if a row has no direction

  /// View of the unit rows, [row, unit]. It must not outlive this object.
  [[nodiscard]] MatrixView<double> view() const { return {values, rows, units}; }
};

/// The rows, each divided by its Euclidean length.
/// @param rows  [row, unit]
template <std::floating_point T>
[[nodiscard]] UnitRows unit_rows(MatrixView<T> rows) {
  UnitRows result{.values = {}, .rows = rows.rows(), .units = rows.cols(), .status = Status::ok};
  result.values.reserve(rows.rows() * rows.cols());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const double length = norm(rows.row(i));
    if (length == 0.0) result.status = first_reason(result.status, Status::zero_norm);
    if (!std::isfinite(length)) result.status = first_reason(result.status, Status::nonfinite);
    for (const T x : rows.row(i)) result.values.push_back(static_cast<double>(x) / length);
  }
  return result;
}

}  // namespace phiscope
