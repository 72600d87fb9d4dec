// SPDX-License-Identifier: MIT
// Parts of a block as one launch each on a GPU, in the roundings of ATen's operations.
#pragma once

#include "model/layers.hpp"

namespace phiscope::extract {

/// True where the following can compute: floating tensors of a CUDA device, in builds with its
/// kernels.
bool has_cuda_layers(const at::Tensor& x);

/// RMSNorm over the last axis. @param gain  [units], of x's dtype or what it is computed in
/// @param wide_gain  the gain is applied before rounding to the model's dtype
at::Tensor cuda_rms_norm(const at::Tensor& x, const at::Tensor& gain, double epsilon,
                         bool wide_gain);

/// The same of x + added [row, units].
struct SumAndNorm {
  at::Tensor sum;
  at::Tensor normed;
};
SumAndNorm cuda_add_and_rms_norm(const at::Tensor& x, const at::Tensor& added,
                                 const at::Tensor& gain, double epsilon, bool wide_gain);

/// See rotate(). @param by  defined
at::Tensor cuda_rotate(const at::Tensor& x, const Rotation& by);

/// activation(gate) * up. @param gate  may be changed
at::Tensor cuda_gated(Activation activation, const at::Tensor& gate, const at::Tensor& up);

/// attention() of a step, all lanes at once. @pre query has at most `most_step_units` units
at::Tensor cuda_step_attention(const Batch& batch, std::size_t lanes, std::size_t layer,
                               const Scores& scores, const at::Tensor& query, const at::Tensor& key,
                               const at::Tensor& value);
constexpr std::int64_t most_step_units = 256;

}  // namespace phiscope::extract
