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
  return (wide * scale).to(x.scalar_type()).mul_(weight);
}

/// `x` [row, head, unit] with rows of zeros up to a multiple of `multiple`.
at::Tensor fill_rows(const at::Tensor& x, std::int64_t multiple) {
  const std::int64_t missing = (multiple - x.size(0) % multiple) % multiple;
  return missing == 0 ? x : at::constant_pad_nd(x, {0, 0, 0, 0, 0, missing});
}

/// [row, head, unit] to [1, head, row, unit], as the attention product wants it.
at::Tensor heads_first(const at::Tensor& x) {
  return x.permute({1, 0, 2}).unsqueeze(0);
}

/// Attention of the first tokens of a run: each row over the tokens up to its own.
/// query [row, head, unit], key and value [row, kv_head, unit]; result [row, head, unit].
///
/// Rows are filled to a multiple of 16 here and to one of 8 in continue_attention(), tokens to one
/// of 16 (measured on LibTorch 2.11): then a row has the same bits whether its prefix was computed
/// with it or before, in any batch and with any number of threads. Without it, about a third of
/// the cases differ.
at::Tensor begin_attention(const at::Tensor& query, const at::Tensor& key,
                           const at::Tensor& value) {
  const std::int64_t group = query.size(1) / key.size(1);
  const auto filled = [&](const at::Tensor& x) {
    const at::Tensor wide = fill_rows(x, KvCache::tile);
    return heads_first(group == 1 ? wide : wide.repeat_interleave(group, 1));
  };
  const double scale = 1.0 / std::sqrt(static_cast<double>(query.size(2)));
  const at::Tensor mixed = at::scaled_dot_product_attention(
      heads_first(fill_rows(query, KvCache::tile)), filled(key), filled(value), std::nullopt, 0.0,
      /*is_causal=*/true, scale);
  return mixed.squeeze(0).permute({1, 0, 2}).narrow(0, 0, query.size(0));
}

/// Attention of tokens that follow `start` others. key and value [token, kv_head, unit] hold all
/// tokens up to the last row's, in whole tiles. The query heads that share a key are rows of one
/// product, so that no key is copied.
at::Tensor continue_attention(const at::Tensor& query, const at::Tensor& key,
                              const at::Tensor& value, std::int64_t start) {
  const std::int64_t rows = query.size(0);
  const std::int64_t kv_heads = key.size(1);
  const std::int64_t group = query.size(1) / kv_heads;
  const std::int64_t units = query.size(2);
  const at::Tensor grouped = fill_rows(query.reshape({rows, kv_heads, group, units})
                                           .permute({0, 2, 1, 3})
                                           .reshape({rows * group, kv_heads, units}),
                                       8);
  const auto options = query.options().dtype(at::kLong);
  const at::Tensor row = at::arange(grouped.size(0), options).div(group, "floor");
  const at::Tensor last = (row + start).clamp_max(start + rows - 1).unsqueeze(1);
  const at::Tensor visible = at::arange(key.size(0), options).unsqueeze(0) <= last;
  const double scale = 1.0 / std::sqrt(static_cast<double>(units));
  const at::Tensor mixed = at::scaled_dot_product_attention(heads_first(grouped), heads_first(key),
                                                            heads_first(value), visible, 0.0,
                                                            /*is_causal=*/false, scale);
  return mixed.squeeze(0)
      .narrow(1, 0, rows * group)
      .reshape({kv_heads, rows, group, units})
      .permute({1, 0, 2, 3})
      .reshape({rows, kv_heads * group, units});
}

/// The prefix's rows before the lane's own, in whole tiles.
at::Tensor with_prefix(const at::Tensor& prefix, std::int64_t start, const at::Tensor& own) {
  return fill_rows(at::cat({prefix.narrow(0, 0, start), own}, 0), KvCache::tile);
}

/// Attention of one lane; its keys and values go into its own cache when it has one.
at::Tensor attend(const Lane& lane, std::size_t layer, const at::Tensor& query,
                  const at::Tensor& key, const at::Tensor& value) {
  if (lane.own != nullptr) lane.own->write(layer, key, value);
  if (lane.start == 0) return begin_attention(query, key, value);
  const std::int64_t tokens = lane.start + query.size(0);
  if (lane.own != nullptr) {
    return continue_attention(query, lane.own->keys(layer, tokens), lane.own->values(layer, tokens),
                              lane.start);
  }
  return continue_attention(
      query, with_prefix(lane.prefix->keys(layer, lane.start), lane.start, key),
      with_prefix(lane.prefix->values(layer, lane.start), lane.start, value), lane.start);
}

}  // namespace

at::Tensor embed(const Model& model, const Batch& batch) {
  return at::embedding(model.embedding, batch.ids);
}

at::Tensor block(const Model& model, int layer, const at::Tensor& residual, const Batch& batch,
                 const Rotation& by, BlockTrace& trace) {
  const ModelConfig& config = model.config;
  const BlockWeights& weights = model.blocks.at(static_cast<std::size_t>(layer));
  const auto in_heads = [&](const at::Tensor& x, std::int64_t heads) {
    return x.view({batch.rows, heads, config.head_dim});
  };

  // Values that are no longer needed are overwritten or given back: a batch in flight is to take
  // little room beside the weights.
  at::Tensor z;
  {
    const at::Tensor normed = rms_norm(residual, weights.attention_norm, config.rms_eps);
    const at::Tensor query = rotate(in_heads(at::linear(normed, weights.query), config.heads), by);
    const at::Tensor key = rotate(in_heads(at::linear(normed, weights.key), config.kv_heads), by);
    const at::Tensor value = in_heads(at::linear(normed, weights.value), config.kv_heads);
    z = at::zeros_like(query);
    for (std::size_t l = 0; l < batch.lanes.size(); ++l) {
      const std::int64_t from = batch.begin[l];
      const auto of_lane = [&](const at::Tensor& x) {
        return x.narrow(0, from, batch.begin[l + 1] - from);
      };
      of_lane(z).copy_(attend(batch.lanes[l], static_cast<std::size_t>(layer), of_lane(query),
                              of_lane(key), of_lane(value)));
    }
  }
  const at::Tensor attn_out = at::linear(z.view({batch.rows, -1}), weights.output);
  const at::Tensor mid = residual + attn_out;
  at::Tensor mlp_out;
  {
    const at::Tensor normed = rms_norm(mid, weights.mlp_norm, config.rms_eps);
    at::Tensor gate = at::linear(normed, weights.gate);
    at::silu_(gate).mul_(at::linear(normed, weights.up));
    mlp_out = at::linear(gate, weights.down);
  }
  trace = {.resid_mid = mid, .attn_out = attn_out, .mlp_out = mlp_out, .z = z};
  return mid + mlp_out;
}

at::Tensor final_norm(const Model& model, const at::Tensor& residual) {
  return rms_norm(residual, model.final_norm, model.config.rms_eps);
}

at::Tensor logits(const Model& model, const at::Tensor& normed) {
  const std::int64_t rows = normed.size(0);
  const std::int64_t missing = (8 - rows % 8) % 8;
  if (missing == 0) return at::linear(normed, model.head);
  return at::linear(at::constant_pad_nd(normed, {0, 0, 0, missing}), model.head).narrow(0, 0, rows);
}

}  // namespace phiscope::extract
