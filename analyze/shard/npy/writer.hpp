// SPDX-License-Identifier: MIT
#pragma once

#include "shard/file/atomic_file.hpp"
#include "shard/file/sha256.hpp"
#include "shard/npy/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace phiscope::shard {

/// The bytes before the data, in C order, as numpy.save of NumPy 2 writes them: format 1.0, padded
/// to a multiple of 64 bytes, with room for axis 0 to grow to 21 digits.
[[nodiscard]] std::string npy_header_bytes(Dtype dtype, std::span<const std::uint64_t> shape);

/// Writes an array row by row, when the number of rows is not known beforehand.
/// The file appears under its name when commit() is done; a writer destroyed before leaves nothing.
///
/// The SHA-256 of a file depends on its header, which comes first and holds the number of rows.
/// Where that number is foretold, bytes are hashed while they are in hand; what is not, or all if
/// the foretelling was wrong, is read back when the file is complete. The two are equally safe:
/// what was read back was never compared with anything. It guarded against a digest of other bytes
/// than those of the file, and append() hashes and writes the same memory. A digest of what was
/// meant to be written even finds, in verify(), what a disk or memory has changed on the way, which
/// one of the bytes read back would confirm.
class NpyWriter {
 public:
  /// @param row_shape  shape of one row; the array has shape [row, row_shape...]
  /// @param foretold  the number of rows, if it is known; a wrong one costs time only
  /// @throws std::invalid_argument if a row has no element, std::system_error from the disk
  NpyWriter(const std::filesystem::path& path, Dtype dtype, std::vector<std::uint64_t> row_shape,
            std::optional<std::uint64_t> foretold = std::nullopt);

  /// Appends whole rows, little endian, in C order.
  /// @throws std::invalid_argument if the bytes are not a whole number of rows
  void append(std::span<const std::byte> whole_rows);

  /// append() in two halves, which two threads may call at the same time: every row is given to
  /// both, in order, and its memory does not change in between.
  void write(std::span<const std::byte> whole_rows);
  void digest(std::span<const std::byte> whole_rows);
  /// False if digest() has no use: the number of rows was not foretold.
  [[nodiscard]] bool digests() const noexcept { return foretold_.has_value(); }

  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_.size(); }

  /// Ends the rows: finishes header and SHA-256, and waits until all is on the disk.
  void complete();
  /// Puts the file under its name; completes it first if need be.
  /// @return  SHA-256 of the file, in hexadecimal
  [[nodiscard]] std::string commit();

 private:
  AtomicFile file_;
  Dtype dtype_;
  std::vector<std::uint64_t> row_shape_;
  std::size_t row_bytes_;
  std::optional<std::uint64_t> foretold_;
  std::uint64_t rows_ = 0;
  Sha256 hash_;  ///< of the first hashed_ bytes, with the header that was foretold
  std::uint64_t hashed_ = 0;
  std::string sha256_;  ///< once the file is complete
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
