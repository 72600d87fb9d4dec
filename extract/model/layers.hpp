// SPDX-License-Identifier: MIT
// The parts that a block is made of. Rows are tokens; on the CPU a row's bits do not depend on its
// neighbours.
#pragma once

#include "model/model.hpp"

namespace phiscope::extract {

/// x W^T + b. On the CPU, unless the rows are those of a step, they are filled to filled_rows().
/// @param x  [row, in]; @param weight  [out, in]; @param bias  [out] or undefined
at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                   bool step);

/// RMSNorm or LayerNorm over the last axis. @param bias  of a LayerNorm, else undefined
at::Tensor norm(const ModelConfig& config, const at::Tensor& x, const at::Tensor& weight,
                const at::Tensor& bias = {});

/// The activation of every element. @param x  may be changed
at::Tensor activated(Activation activation, const at::Tensor& x);

/// cap * tanh(x / cap). @param x  may be changed
at::Tensor soft_capped(const at::Tensor& x, double cap);

/// How scores of queries and keys become weights.
struct Scores {
  double scale = 1.0;
  std::int64_t window = 0;  ///< tokens visible, its own included; 0: all before
  double softcap = 0.0;     ///< cap * tanh(score / cap); 0: as they are
};

/// hook_z [row, heads, head_dim] of the lanes in `stage`: each row over the tokens up to its own.
/// @param query  [row, heads, head_dim]; @param key, value  [row, kv_heads, head_dim]
at::Tensor attention(const Batch& batch, const Stage& stage, std::size_t layer,
                     const Scores& scores, const at::Tensor& query, const at::Tensor& key,
                     const at::Tensor& value);

/// hook_pattern [row, heads, tokens] of the lanes in `stage`, after attention() has written their
/// keys; in the dtype of the queries, the softmax in float32 or better. Zero beyond a row's own
/// token and in rows that fill. On the CPU a row's bits do not depend on the batch.
at::Tensor attention_pattern(const Batch& batch, const Stage& stage, std::size_t layer,
                             const Scores& scores, const at::Tensor& query, const at::Tensor& key,
                             std::int64_t tokens);

/// What the activation of an MLP is applied to, [row, inner].
at::Tensor mlp_pre(const ModelConfig& config, const PartTensors& weights, const at::Tensor& x,
                   bool step);

/// What the down projection multiplies, [row, inner]. @param pre  may be changed
at::Tensor mlp_post(const ModelConfig& config, const PartTensors& weights, const at::Tensor& x,
                    const at::Tensor& pre, bool step);

/// A gated or plain MLP, [row, hidden] to [row, hidden].
at::Tensor mlp(const ModelConfig& config, const PartTensors& weights, const at::Tensor& x,
               bool step);

/// Experts: each row through those its router scores highest, weighted.
/// @param used  leading rows that are tokens; the filling after them gives zeros
/// @see Shazeer et al. 2017; Qwen3-MoE and OLMoE in Hugging Face transformers
at::Tensor experts(const ModelConfig& config, const BlockWeights& weights, const at::Tensor& x,
                   std::int64_t used, bool step);

}  // namespace phiscope::extract
