// SPDX-License-Identifier: MIT
#include "model/index_tensor.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace phiscope::extract {
namespace {

template <class T>
at::Tensor tensor_of(const std::vector<T>& numbers, at::ScalarType dtype, at::Device device) {
  // From page-locked memory, which LibTorch keeps until the copy is through: from other memory the
  // driver may wait for all that was queued before.
  const auto options = at::TensorOptions().dtype(dtype).pinned_memory(device.is_cuda());
  const at::Tensor staged = at::empty({static_cast<std::int64_t>(numbers.size())}, options);
  std::copy(numbers.begin(), numbers.end(), staged.mutable_data_ptr<T>());
  return staged.to(device, /*non_blocking=*/true);
}

}  // namespace

at::Tensor index_tensor(const std::vector<std::int64_t>& numbers, at::Device device) {
  return tensor_of(numbers, at::kLong, device);
}

at::Tensor number_tensor(const std::vector<double>& numbers, at::Device device) {
  return tensor_of(numbers, at::kDouble, device);
}

}  // namespace phiscope::extract
