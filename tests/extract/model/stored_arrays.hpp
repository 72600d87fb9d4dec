// SPDX-License-Identifier: MIT
#pragma once

#include "files/weights/safetensors.hpp"
#include "shard/file/format_error.hpp"
#include "shard/npy/npy.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::test {

/// Arrays of a folder by name: the tensors of `golden.safetensors` (our golden models), or files
/// NAME.npy where the folder has no such file (other people's reference data). Every reading states
/// the dtype, and the shape where the caller knows it, so that a wrong file is named as such
/// instead of as a wrong result of the model.
class StoredArrays {
 public:
  explicit StoredArrays(std::filesystem::path folder, const char* file = file_name)
      : folder_(std::move(folder)) {
    if (exists(folder_ / file)) tensors_.emplace(folder_ / file);
  }

  [[nodiscard]] bool has(const std::string& name) const {
    return tensors_ ? tensors_->tensors().contains(name) : exists(npy_path(name));
  }

  /// An array of float32, as float64, so that differences are exact.
  /// @throws shard::FormatError naming the file, the array, what was found and what is expected
  [[nodiscard]] at::Tensor floats(const std::string& name) const {
    return read(name, at::kFloat).to(at::kDouble);
  }
  [[nodiscard]] at::Tensor floats(const std::string& name, at::IntArrayRef shape) const {
    at::Tensor found = floats(name);
    if (found.sizes() != shape)
      refuse(name, extract::text_of(found.sizes()), extract::text_of(shape));
    return found;
  }

  /// An array of int64: ids or a mask of several rows.
  [[nodiscard]] at::Tensor integers(const std::string& name) const { return read(name, at::kLong); }

  /// Token ids of one sequence, [tokens] or [1, tokens].
  [[nodiscard]] std::vector<int> ids(const std::string& name) const {
    const at::Tensor found = integers(name);
    if (found.numel() != found.size(-1)) {
      refuse(name, extract::text_of(found.sizes()), "one sequence");
    }
    const std::int64_t* begin = found.const_data_ptr<std::int64_t>();
    return {begin, begin + found.numel()};
  }

 private:
  static constexpr const char* file_name = "golden.safetensors";

  [[nodiscard]] std::filesystem::path npy_path(const std::string& name) const {
    return folder_ / (name + ".npy");
  }

  [[noreturn]] void refuse(const std::string& name, const std::string& found,
                           const std::string& expected) const {
    throw shard::FormatError(tensors_ ? tensors_->path() : npy_path(name),
                             "array " + name + ": found " + found + ", expected " + expected);
  }

  /// The array itself, copied: a mapped tensor need not be aligned to its elements.
  [[nodiscard]] at::Tensor read(const std::string& name, at::ScalarType wanted) const {
    return tensors_ ? read_tensor(name, wanted) : read_npy(name, wanted);
  }

  [[nodiscard]] at::Tensor read_tensor(const std::string& name, at::ScalarType wanted) const {
    const auto found = tensors_->tensors().find(name);
    if (found == tensors_->tensors().end()) refuse(name, "no such tensor", "one");
    const extract::TensorView& view = found->second;
    const auto dtype = wanted == at::kLong ? extract::TensorDtype::i64 : extract::TensorDtype::f32;
    if (view.dtype != dtype) {
      refuse(name, std::string(name_of(view.dtype)), std::string(name_of(dtype)));
    }
    return copied(view.bytes, view.shape, wanted);
  }

  [[nodiscard]] at::Tensor read_npy(const std::string& name, at::ScalarType wanted) const {
    const shard::NpyFile file(npy_path(name));
    const auto dtype = wanted == at::kLong ? shard::Dtype::i8 : shard::Dtype::f4;
    if (file.header().dtype != dtype) {
      refuse(name, std::string(dtype_name(file.header().dtype)), std::string(dtype_name(dtype)));
    }
    return copied(file.c_order_bytes(), {file.shape().begin(), file.shape().end()}, wanted);
  }

  static at::Tensor copied(std::span<const std::byte> bytes, const std::vector<std::int64_t>& shape,
                           at::ScalarType dtype) {
    at::Tensor values = at::empty(shape, at::TensorOptions().dtype(dtype));
    std::memcpy(values.mutable_data_ptr(), bytes.data(), bytes.size());
    return values;
  }

  std::filesystem::path folder_;
  std::optional<extract::SafetensorsFile> tensors_;
};

}  // namespace phiscope::test
