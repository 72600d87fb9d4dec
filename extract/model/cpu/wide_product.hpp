// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

namespace phiscope::extract {

/// Whether products of a dtype are computed in float32 here. Without instructions for 16 bits
/// LibTorch's own take 2.5 to 4.6 times as long in bfloat16 as in float32, in float16 4 to 11
/// times; widened ones take at most a fifth longer (32 rows: a third).
[[nodiscard]] bool is_product_widened(at::ScalarType dtype);

/// x weight^T + bias of 16-bit numbers, summed in float32 and rounded once, after the bias. Weights
/// are widened a part of the outputs at a time; which parts depends on the weights' shape alone.
/// @param x       [row, in] on the CPU
/// @param weight  [out, in]
/// @param bias    [out], or undefined
/// @return  [row, out] of x's dtype
[[nodiscard]] at::Tensor widened_product(const at::Tensor& x, const at::Tensor& weight,
                                         const at::Tensor& bias);

}  // namespace phiscope::extract
