// SPDX-License-Identifier: MIT
#include "model/index_tensor.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

namespace phiscope::extract {

at::Tensor index_tensor(const std::vector<std::int64_t>& numbers, at::Device device) {
  if (!device.is_cuda()) return at::tensor(numbers, at::kLong).to(device);
  // From page-locked memory, which LibTorch keeps until the copy is through: from other memory the
  // driver may wait for all that was queued before.
  const auto size = static_cast<std::int64_t>(numbers.size());
  const at::Tensor staged =
      at::empty({size}, at::TensorOptions().dtype(at::kLong).pinned_memory(true));
  std::copy(numbers.begin(), numbers.end(), staged.mutable_data_ptr<std::int64_t>());
  return staged.to(device, /*non_blocking=*/true);
}

}  // namespace phiscope::extract
