// SPDX-License-Identifier: MIT
#include "model/model.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <optional>

namespace phiscope::extract {
namespace {

/// x / rms(x) * weight; the mean square in float32 or better, as Hugging Face does.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
  const at::Tensor wide = x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
  const at::Tensor scale = at::rsqrt(wide.pow(2).mean(-1, true) + epsilon);
  return weight * (wide * scale).to(x.scalar_type());
}

/// `x` [row, head, unit] with rows of zeros up to a multiple of `multiple`.
at::Tensor fill_rows(const at::Tensor& x, std::int64_t multiple) {
  const std::int64_t missing = (multiple - x.size(0) % multiple) % multiple;
  return missing == 0 ? x : at::constant_pad_nd(x, {0, 0, 0, 0, 0, missing});
}

/// Attention of one lane: query [row, head, unit] over key and value [token, kv_head, unit], each
/// row over the tokens up to its own position. [row, head, unit].
///
/// Rows are filled to a multiple of 8 and tokens to one of 16 (measured on LibTorch 2.11): then a
/// row has the same bits whether its prefix was computed with it or before, in any batch and with
/// any number of threads. Without it, about a third of the cases differ.
at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  std::int64_t start) {
  const std::int64_t group = query.size(1) / key.size(1);
  const auto heads_first = [](const at::Tensor& x) { return x.permute({1, 0, 2}).unsqueeze(0); };
  const auto filled = [&](const at::Tensor& x) {
    const at::Tensor wide = fill_rows(x, 16);
    return heads_first(group == 1 ? wide : wide.repeat_interleave(group, 1));
  };
  const double scale = 1.0 / std::sqrt(static_cast<double>(query.size(2)));
  at::Tensor mixed;
  if (start == 0) {
    mixed = at::scaled_dot_product_attention(heads_first(fill_rows(query, 16)), filled(key),
                                             filled(value), std::nullopt, 0.0,
                                             /*is_causal=*/true, scale);
  } else {
    const at::Tensor rows = fill_rows(query, 8);
    const at::Tensor keys = filled(key);
    const auto options = query.options().dtype(at::kLong);
    const at::Tensor last =
        at::arange(start, start + rows.size(0), options).clamp_max(key.size(0) - 1).unsqueeze(1);
    const at::Tensor visible = at::arange(0, keys.size(2), options).unsqueeze(0) <= last;
    mixed = at::scaled_dot_product_attention(heads_first(rows), keys, filled(value), visible, 0.0,
                                             /*is_causal=*/false, scale);
  }
  return mixed.squeeze(0).permute({1, 0, 2}).narrow(0, 0, query.size(0));
}

/// The prefix's rows before the lane's own.
at::Tensor with_prefix(const std::vector<at::Tensor>& prefix, std::size_t layer, std::int64_t start,
                       const at::Tensor& own) {
  return at::cat({prefix.at(layer).narrow(0, 0, start), own}, 0);
}

}  // namespace

at::Tensor embed(const Model& model, const Batch& batch) {
  return at::embedding(model.embedding, batch.ids);
}

at::Tensor block(const Model& model, int layer, const at::Tensor& residual, const Batch& batch,
                 const Rotation& by, std::span<KvCache> keep, BlockTrace* trace) {
  const ModelConfig& config = model.config;
  const BlockWeights& weights = model.blocks.at(static_cast<std::size_t>(layer));
  const auto in_heads = [&](const at::Tensor& x, std::int64_t heads) {
    return x.view({batch.rows, heads, config.head_dim});
  };

  const at::Tensor normed = rms_norm(residual, weights.attention_norm, config.rms_eps);
  const at::Tensor query = rotate(in_heads(at::linear(normed, weights.query), config.heads), by);
  const at::Tensor key = rotate(in_heads(at::linear(normed, weights.key), config.kv_heads), by);
  const at::Tensor value = in_heads(at::linear(normed, weights.value), config.kv_heads);

  const at::Tensor z = at::zeros_like(query);
  for (std::size_t l = 0; l < batch.lanes.size(); ++l) {
    const Lane& lane = batch.lanes[l];
    const std::int64_t from = batch.begin[l];
    const std::int64_t count = batch.begin[l + 1] - from;
    at::Tensor lane_key = key.narrow(0, from, count);
    at::Tensor lane_value = value.narrow(0, from, count);
    if (lane.start > 0) {
      const auto index = static_cast<std::size_t>(layer);
      lane_key = with_prefix(lane.prefix->keys, index, lane.start, lane_key);
      lane_value = with_prefix(lane.prefix->values, index, lane.start, lane_value);
    }
    z.narrow(0, from, count)
        .copy_(attend(query.narrow(0, from, count), lane_key, lane_value, lane.start));
    if (!keep.empty()) {
      keep[l].keys.push_back(lane_key);
      keep[l].values.push_back(lane_value);
    }
  }

  const at::Tensor attn_out = at::linear(z.view({batch.rows, -1}), weights.output);
  const at::Tensor mid = residual + attn_out;
  const at::Tensor mlp_in = rms_norm(mid, weights.mlp_norm, config.rms_eps);
  const at::Tensor mlp_out = at::linear(
      at::silu(at::linear(mlp_in, weights.gate)) * at::linear(mlp_in, weights.up), weights.down);
  if (trace != nullptr) {
    *trace = {.resid_mid = mid, .attn_out = attn_out, .mlp_out = mlp_out, .z = z};
  }
  return mid + mlp_out;
}

at::Tensor final_norm(const Model& model, const at::Tensor& residual) {
  return rms_norm(residual, model.final_norm, model.config.rms_eps);
}

at::Tensor logits(const Model& model, const at::Tensor& normed) {
  return at::linear(normed, model.head);
}

}  // namespace phiscope::extract
