// SPDX-License-Identifier: MIT
#include "model/index_tensor.hpp"

#include <ATen/ops/tensor.h>

namespace phiscope::extract {

at::Tensor index_tensor(const std::vector<std::int64_t>& numbers, at::Device device) {
  return at::tensor(numbers, at::kLong).to(device, /*non_blocking=*/true);
}

}  // namespace phiscope::extract
