// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace phiscope::extract {

/// Row numbers or token ids on a device, int64 [i]. The device need not have finished what it does:
/// the numbers are staged at once.
at::Tensor index_tensor(const std::vector<std::int64_t>& numbers, at::Device device);
/// Likewise other numbers, float64 [i].
at::Tensor number_tensor(const std::vector<double>& numbers, at::Device device);

}  // namespace phiscope::extract
