// SPDX-License-Identifier: MIT
#pragma once

#include "shard/npy/npy.hpp"

#include <phiscope/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace phiscope::analyze::metric {

/// What the numbers of a file may be beside f2, f4 and f8.
struct Numbers {
  bool bf16 = false;      ///< bfloat16, as u2 or <V2
  bool integers = false;  ///< integers and truth values, read as double
};

/// A .npy file of rows, [..., unit], of which one row at a time is converted: f2, f4, f8, bfloat16
/// or integers, in either byte order and any order of the axes.
class RowFile {
 public:
  /// @throws shard::FormatError unless the file is such an array of one axis or more, or for an
  /// integer that no double holds
  explicit RowFile(const std::filesystem::path& path, Numbers numbers = {});

  [[nodiscard]] const shard::NpyFile& file() const noexcept { return file_; }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }  ///< product of the first axes
  [[nodiscard]] std::size_t cols() const noexcept { return cols_; }  ///< length of the last axis
  [[nodiscard]] bool is_double() const noexcept {
    return file_.header().dtype == shard::Dtype::f8 || !integers_.empty();
  }

  /// One row, exactly: T is float or double, double where is_double(). @pre row < rows(), to.size()
  /// == cols()
  template <class T>
  void read(std::size_t row, std::span<T> to) const;

 private:
  shard::NpyFile file_;
  std::vector<double> integers_;      ///< all of a file of integers, in C order
  std::vector<std::size_t> strides_;  ///< [axis], elements
  std::size_t rows_ = 1;
  std::size_t cols_ = 1;
};

/// A matrix [row, unit] of a file in float or double: in place where the file allows it, else
/// converted once, row by row.
class MatrixFile {
 public:
  /// @throws shard::FormatError unless the file is a matrix that RowFile can read
  explicit MatrixFile(const std::filesystem::path& path, Numbers numbers = {});

  [[nodiscard]] std::size_t rows() const noexcept { return rows_.rows(); }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return rows_.file().path(); }

  /// Calls f with a MatrixView<float> or, of f8 and integers, a MatrixView<double>.
  template <class F>
  [[nodiscard]] auto visit(F f) const {
    if (rows_.is_double()) return f(MatrixView<double>(doubles_, rows_.rows(), rows_.cols()));
    return f(MatrixView<float>(floats_, rows_.rows(), rows_.cols()));
  }

 private:
  RowFile rows_;
  std::vector<float> float_copy_;
  std::vector<double> double_copy_;
  std::span<const float> floats_;
  std::span<const double> doubles_;
};

/// Labels of the rows of another file, [row], integers.
/// @throws shard::FormatError naming both files if there is not one per row
[[nodiscard]] std::vector<std::int64_t> read_labels(const std::filesystem::path& path,
                                                    const MatrixFile& rows);

/// Adjacency of the rows of another file, [row, row], of any dtype.
/// @throws shard::FormatError naming both files if the shape is another
[[nodiscard]] std::vector<double> read_adjacency(const std::filesystem::path& path,
                                                 const MatrixFile& rows);

}  // namespace phiscope::analyze::metric
