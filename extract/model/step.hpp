// SPDX-License-Identifier: MIT
// Tensors in front of the kernels for one new token a run (extract/kernel).
#pragma once

#include "model/layers.hpp"

namespace phiscope::extract {

/// True where the kernels of extract/kernel can compute: floating tensors on the CPU.
bool has_step_kernels(const at::Tensor& x);

/// x W^T + b for few rows: a row's bits depend on nothing but the row. Arguments as product().
at::Tensor step_product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// Attention of a lane's one new token over its cache's `tokens` tokens, into `z` [heads,
/// head_dim].
/// @param query  [heads, head_dim]; @param keys, values  [token, kv_heads, head_dim]
void step_attend(const at::Tensor& query, const at::Tensor& keys, const at::Tensor& values,
                 std::int64_t tokens, const Scores& scores, const at::Tensor& z);

/// The same by operations that every device has; the query heads that share a key are the rows of
/// one product.
void step_attend_anywhere(const at::Tensor& query, const at::Tensor& keys, const at::Tensor& values,
                          std::int64_t tokens, const Scores& scores, const at::Tensor& z);

}  // namespace phiscope::extract
