// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>

namespace phiscope {

/// Read-only row-major view of borrowed memory: one row per sample (word, token), one column per
/// unit. Rows may lie apart (`row_stride`), so that one layer of an array [row, layer, unit] is a
/// view.
template <std::floating_point T>
class MatrixView {
 public:
  /// Views `values` as `rows` rows of `cols` consecutive elements, one after another.
  /// @throws std::invalid_argument if `values` does not hold exactly rows * cols elements
  constexpr MatrixView(std::span<const T> values, std::size_t rows, std::size_t cols)
      : MatrixView(values, rows, cols, cols) {
    if (values.size() != rows * cols) {
      throw std::invalid_argument("MatrixView: " + std::to_string(values.size()) +
                                  " values, expected " + std::to_string(rows) + " rows x " +
                                  std::to_string(cols) + " columns");
    }
  }

  /// Views `rows` rows of `cols` elements whose first elements are `row_stride` elements apart.
  /// @throws std::invalid_argument if row_stride < cols or the last row ends after `values`
  constexpr MatrixView(std::span<const T> values, std::size_t rows, std::size_t cols,
                       std::size_t row_stride)
      : values_(values), rows_(rows), cols_(cols), row_stride_(row_stride) {
    if (row_stride < cols) {
      throw std::invalid_argument("MatrixView: row stride " + std::to_string(row_stride) +
                                  " is less than " + std::to_string(cols) + " columns");
    }
    if (rows == 0) return;
    const bool overflow =
        row_stride != 0 && rows - 1 > std::numeric_limits<std::size_t>::max() / row_stride;
    if (overflow || values.size() < cols || values.size() - cols < (rows - 1) * row_stride) {
      throw std::invalid_argument("MatrixView: " + std::to_string(values.size()) +
                                  " values end before row " + std::to_string(rows - 1) +
                                  " with stride " + std::to_string(row_stride) + " does");
    }
  }

  [[nodiscard]] constexpr std::size_t rows() const noexcept { return rows_; }  ///< samples
  [[nodiscard]] constexpr std::size_t cols() const noexcept { return cols_; }  ///< units
  /// Elements from the start of a row to the start of the next.
  [[nodiscard]] constexpr std::size_t row_stride() const noexcept { return row_stride_; }

  /// One sample, [unit]. @pre i < rows()
  [[nodiscard]] constexpr std::span<const T> row(std::size_t i) const noexcept {
    return values_.subspan(i * row_stride_, cols_);
  }

 private:
  std::span<const T> values_;
  std::size_t rows_;
  std::size_t cols_;
  std::size_t row_stride_;
};

}  // namespace phiscope
