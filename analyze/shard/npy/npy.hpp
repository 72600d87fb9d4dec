// SPDX-License-Identifier: MIT
#pragma once

#include "shard/file/mapped_file.hpp"
#include "shard/npy/dtype.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace phiscope::shard {

/// What the first bytes of a .npy file say about the rest.
struct NpyHeader {
  Dtype dtype = Dtype::f4;
  bool opaque = false;         ///< dtype <V2, read as u2: bfloat16 that NumPy could not name
  bool big_endian = false;     ///< never set for elements of one byte
  bool fortran_order = false;  ///< as the file says; without meaning for fewer than two axes
  std::vector<std::uint64_t> shape;
  std::size_t data_offset = 0;  ///< bytes from the start of the file
  std::size_t count = 0;        ///< elements, the product of `shape`
};

/// Whether a file may be of dtype <V2: two bytes without a meaning, which is what np.save writes of
/// ml_dtypes' bfloat16.
enum class Opaque { refused, accepted };

/// Reads the header of format 1.0, 2.0 or 3.0 and checks that the file holds exactly the data that
/// it declares. Nothing is evaluated and nothing is allocated from numbers in the file.
/// @param file  the whole file
/// @throws FormatError naming what was found and what was expected
[[nodiscard]] NpyHeader parse_npy_header(std::span<const std::byte> file,
                                         const std::filesystem::path& for_errors,
                                         Opaque opaque = Opaque::refused);

/// The bytes of a .npy file, borrowed, and checked when made. Format: numpy.lib.format.
class NpyArray {
 public:
  /// @param file  the whole file; at 8 bytes' alignment
  /// @param path  that messages name
  /// @throws FormatError if the file is not exactly one array of a numeric or Boolean dtype
  NpyArray(std::span<const std::byte> file, std::filesystem::path path,
           Opaque opaque = Opaque::refused);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] const NpyHeader& header() const noexcept { return header_; }
  [[nodiscard]] const std::vector<std::uint64_t>& shape() const noexcept { return header_.shape; }
  [[nodiscard]] std::size_t count() const noexcept { return header_.count; }  ///< elements

  /// The elements as they lie in the file.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept;

  /// The whole file, header and all.
  [[nodiscard]] std::span<const std::byte> file_bytes() const noexcept { return file_; }

  /// The elements in C order and little endian, copied.
  [[nodiscard]] std::vector<std::byte> c_order_bytes() const;

  /// The elements in place, [count], in C order; valid as long as the bytes of the file.
  /// @throws FormatError unless the dtype is T's, little endian, in C order and aligned
  template <Element T>
  [[nodiscard]] std::span<const T> view() const {
    check_view(dtype_of<T>, alignof(T));
    // The bytes outlive the span, and an object of type T may be read from them.
    return {reinterpret_cast<const T*>(bytes().data()), count()};
  }

  /// The elements converted to T, [count], in C order. Every value must be exactly a T, so integers
  /// beyond 2^53 are refused as double, and floats are refused as integers. NaN stays NaN.
  /// @throws FormatError naming the first element that does not fit
  template <Element T>
  [[nodiscard]] std::vector<T> read() const;

 private:
  void check_view(Dtype wanted, std::size_t alignment) const;

  std::filesystem::path path_;
  std::span<const std::byte> file_;
  NpyHeader header_;
};

/// A .npy file, memory-mapped: the views last as long as this object, also when it is moved.
class NpyFile : public NpyArray {
 public:
  /// @throws FormatError as NpyArray(), and if the file cannot be mapped
  explicit NpyFile(const std::filesystem::path& path, Opaque opaque = Opaque::refused);

 private:
  NpyFile(MappedFile mapped, Opaque opaque);

  MappedFile mapped_;
};

/// "(3, 4)", "(3,)" or "()", as Python writes a shape.
[[nodiscard]] std::string shape_text(std::span<const std::uint64_t> shape);

}  // namespace phiscope::shard
