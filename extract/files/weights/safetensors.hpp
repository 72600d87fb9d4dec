// SPDX-License-Identifier: MIT
#pragma once

#include "shard/file/mapped_file.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// Element type of a stored tensor, under the names of the safetensors format in lower case.
enum class TensorDtype {
  boolean,
  u8,
  i8,
  f8_e5m2,
  f8_e4m3,
  u16,
  i16,
  f16,
  bf16,
  u32,
  i32,
  f32,
  u64,
  i64,
  f64,
  c64,
};

[[nodiscard]] std::size_t item_size(TensorDtype dtype);     ///< bytes of one element
[[nodiscard]] std::string_view name_of(TensorDtype dtype);  ///< as in the file: "BF16"
[[nodiscard]] std::optional<TensorDtype> dtype_named(std::string_view name);  ///< "BF16" -> bf16

/// A tensor inside a mapped file: little endian, C order, borrowed bytes.
struct TensorView {
  std::string name;
  TensorDtype dtype = TensorDtype::f32;
  std::vector<std::int64_t> shape;   ///< empty: a scalar
  std::span<const std::byte> bytes;  ///< elements times item size; perhaps not aligned to the item
};

[[nodiscard]] std::uint64_t count(const TensorView& tensor);             ///< number of elements
[[nodiscard]] std::string text_of(std::span<const std::int64_t> shape);  ///< "[2, 3]"

/// What the bytes of a safetensors file hold.
struct Safetensors {
  std::map<std::string, TensorView> tensors;  ///< by name
  std::map<std::string, std::string> metadata;
};

/// Reads the bytes of a safetensors file, whose header is checked as a whole: strict JSON, known
/// dtypes, shapes without overflow, sizes equal to shape times dtype, data covered exactly once
/// without holes. The views borrow the bytes.
/// @param path  of the file, for messages
/// @throws shard::FormatError naming the file, the tensor, what was found and what is expected
[[nodiscard]] Safetensors parse_safetensors(std::span<const std::byte> bytes,
                                            const std::filesystem::path& path);

/// A safetensors file, mapped and checked.
class SafetensorsFile {
 public:
  /// @throws shard::FormatError as parse_safetensors(), and if the file cannot be mapped
  explicit SafetensorsFile(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  [[nodiscard]] const shard::MappedFile& file() const { return file_; }
  [[nodiscard]] const Safetensors& contents() const { return contents_; }
  /// Every tensor by name; the views live as long as this object, also when it is moved.
  [[nodiscard]] const std::map<std::string, TensorView>& tensors() const {
    return contents_.tensors;
  }
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const {
    return contents_.metadata;
  }

 private:
  shard::MappedFile file_;
  Safetensors contents_;
};

}  // namespace phiscope::extract
