// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

namespace phiscope::extract {

/// x W^T + b on the CPU. A row's bits depend on nothing but the row if there are filled_rows(), and
/// not on the number of threads.
/// @param x  [row, in]; @param weight  [out, in]; @param bias  [out] or undefined
at::Tensor cpu_product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace phiscope::extract
