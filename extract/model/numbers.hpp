// SPDX-License-Identifier: MIT
// Tensors as the plain arrays that kernels (extract/kernel) compute with.
#pragma once

#include "kernel/storage_type.hpp"

#include <ATen/core/Tensor.h>

#include <stdexcept>

namespace phiscope::extract {

/// The numbers of a tensor, from its first on.
template <class T>
const T* numbers(const at::Tensor& tensor) {
  return static_cast<const T*>(tensor.const_data_ptr());
}
template <class T>
T* mutable_numbers(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.mutable_data_ptr());
}

/// Calls `work` with a number of the type of a tensor's elements.
/// @throws std::invalid_argument for other dtypes than float32, float64, bfloat16 and float16
template <class Work>
void with_type(const at::Tensor& tensor, Work work) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return work(float{});
    case at::kDouble:
      return work(double{});
    case at::kBFloat16:
      return work(kernel::Bfloat16{});
    case at::kHalf:
      return work(kernel::Float16{});
    default:
      throw std::invalid_argument("with_type: not a floating dtype");
  }
}

}  // namespace phiscope::extract
