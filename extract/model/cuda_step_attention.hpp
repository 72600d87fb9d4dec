// SPDX-License-Identifier: MIT
#pragma once

#include "model/layers.hpp"

namespace phiscope::extract {

constexpr std::int64_t most_step_units = 256;

/// True for floating queries [lane, heads, head_dim] of at most `most_step_units` units on a CUDA
/// device, in builds with its kernels.
bool has_cuda_step_attention(const at::Tensor& query);

/// attention() of a step, all lanes in one launch. @pre has_cuda_step_attention()
at::Tensor cuda_step_attention(const Batch& batch, std::size_t lanes, std::size_t layer,
                               const Scores& scores, const at::Tensor& query, const at::Tensor& key,
                               const at::Tensor& value);

}  // namespace phiscope::extract
