// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

namespace phiscope::extract {

/// L2 norm of what each head computed, [row, head] on z's device: float64 for float64, else
/// float32. On the CPU, and on a GPU where the CUDA kernels are built in, a row's bits depend on
/// nothing but the row (extract/kernel/head_norm.hpp); elsewhere LibTorch computes.
/// @param z  [row, head, unit], float32, float64, bfloat16 or float16
at::Tensor head_norms(const at::Tensor& z);

}  // namespace phiscope::extract
