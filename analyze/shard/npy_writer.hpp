// SPDX-License-Identifier: MIT
#pragma once

#include "shard/atomic_file.hpp"
#include "shard/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace phiscope::shard {

/// The bytes before the data, in C order, as numpy.save of NumPy 2 writes them: format 1.0, padded
/// to a multiple of 64 bytes, with room for axis 0 to grow to 21 digits.
[[nodiscard]] std::string npy_header_bytes(Dtype dtype, std::span<const std::uint64_t> shape);

/// Writes an array row by row, when the number of rows is not known beforehand.
/// The file appears under its name when commit() is done; a writer destroyed before leaves nothing.
class NpyWriter {
 public:
  /// @param row_shape  shape of one row; the array has shape [row, row_shape...]
  /// @throws std::invalid_argument if a row has no element, std::system_error from the disk
  NpyWriter(const std::filesystem::path& path, Dtype dtype, std::vector<std::uint64_t> row_shape);

  /// Appends whole rows, little endian, in C order.
  /// @throws std::invalid_argument if the bytes are not a whole number of rows
  void append(std::span<const std::byte> whole_rows);

  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_.size(); }

  /// Finishes the header and the file. @return  SHA-256 of the file, in hexadecimal
  [[nodiscard]] std::string commit();

 private:
  AtomicFile file_;
  Dtype dtype_;
  std::vector<std::uint64_t> row_shape_;
  std::size_t row_bytes_;
  std::uint64_t rows_ = 0;
};

namespace detail {
void write_npy_bytes(const std::filesystem::path& path, Dtype dtype,
                     const std::vector<std::uint64_t>& shape, std::span<const std::byte> bytes);
}  // namespace detail

/// Writes an array at once. @param values  [shape...] in C order
/// @throws std::invalid_argument if there are not as many values as the shape says
template <Element T>
void write_npy(const std::filesystem::path& path, std::span<const T> values,
               const std::vector<std::uint64_t>& shape) {
  detail::write_npy_bytes(path, dtype_of<T>, shape, std::as_bytes(values));
}

}  // namespace phiscope::shard
