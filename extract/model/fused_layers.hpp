// SPDX-License-Identifier: MIT
// Parts of a block in one pass over the numbers, and one launch on a GPU, in the roundings of
// ATen's operations. On the CPU a row's bits depend on nothing but the row.
#pragma once

#include "model/layers.hpp"

namespace phiscope::extract {

/// True where fused_rms_norm(), fused_add_and_rms_norm() and fused_rotate() can compute: floating
/// tensors of the CPU, or of a CUDA device in builds with its kernels.
bool has_fused_layers(const at::Tensor& x);

/// RMSNorm over the last axis. @param gain  [units], of x's dtype or what it is computed in
/// @param wide_gain  the gain is applied before rounding to the model's dtype
at::Tensor fused_rms_norm(const at::Tensor& x, const at::Tensor& gain, double epsilon,
                          bool wide_gain);

/// The same of x + added [row, units].
struct SumAndNorm {
  at::Tensor sum;
  at::Tensor normed;
};
SumAndNorm fused_add_and_rms_norm(const at::Tensor& x, const at::Tensor& added,
                                  const at::Tensor& gain, double epsilon, bool wide_gain);

/// See rotate(). @param by  defined
at::Tensor fused_rotate(const at::Tensor& x, const Rotation& by);

/// True where fused_gated() can compute: as has_fused_layers(), on the CPU only SiLU.
bool has_fused_gated(Activation activation, const at::Tensor& gate);

/// activation(gate) * up. @param gate  may be changed
at::Tensor fused_gated(Activation activation, const at::Tensor& gate, const at::Tensor& up);

}  // namespace phiscope::extract
