// SPDX-License-Identifier: MIT
#include "model/cpu/matrix_products.hpp"
#include "model/fused_layers.hpp"
#include "model/head_norms.hpp"
#include "model/layers.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/scalar_tensor.h>

namespace phiscope::extract {
namespace {

/// Queries, keys and values of a layer, [row, head, head_dim].
struct Heads {
  at::Tensor query;
  at::Tensor key;
  at::Tensor value;
  at::Tensor turning{};  ///< queries and keys together, where they are parts of one product
};

/// What queries, keys and values are made of, from one product where their weights are joined.
Heads projected(const ModelConfig& config, const BlockWeights& block, const at::Tensor& normed,
                bool step) {
  const PartTensors& weights = block.parts;
  const auto heads = [&](const at::Tensor& flat) {
    return flat.view({flat.size(0), flat.size(1) / config.head_dim, config.head_dim});
  };
  if (step && block.heads_in.defined()) {
    const at::Tensor all = heads(product(normed, block.heads_in, block.heads_in_bias, step));
    return {.query = all.narrow(1, 0, config.heads),
            .key = all.narrow(1, config.heads, config.kv_heads),
            .value = all.narrow(1, config.heads + config.kv_heads, config.kv_heads),
            .turning = all.narrow(1, 0, config.heads + config.kv_heads)};
  }
  return {.query = heads(product(normed, weights[Part::query], weights[Part::query_bias], step)),
          .key = heads(product(normed, weights[Part::key], weights[Part::key_bias], step)),
          .value = heads(product(normed, weights[Part::value], weights[Part::value_bias], step))};
}

/// Queries or keys after their norm, if the model has one.
at::Tensor normed_heads(const ModelConfig& config, const at::Tensor& heads,
                        const at::Tensor& gain) {
  if (config.qk_norm == QkNorm::head) return norm(config, heads, gain);
  if (config.qk_norm != QkNorm::projection) return heads;
  const at::Tensor flat = heads.flatten(1, 2);  // a view: heads of a row have no gaps
  return norm(config, flat, gain).view(heads.sizes());
}

Scores scores_of(const ModelConfig& config, std::size_t layer) {
  return {.scale = config.attention_scale,
          .window = config.windows.empty() ? 0 : config.windows[layer],
          .softcap = config.attention_softcap};
}

/// What attention or MLP reads of the residual stream.
at::Tensor before(const ModelConfig& config, const at::Tensor& residual, const at::Tensor& weight,
                  const at::Tensor& bias) {
  return config.pre_norms ? norm(config, residual, weight, bias) : residual;
}

/// The stream after attention, edits made, and what the MLP reads of it.
struct Middle {
  at::Tensor mid{};  ///< undefined where the MLP reads what attention does
  at::Tensor normed{};
};

/// In one pass where nothing is changed in between.
Middle after_attention(const ModelConfig& config, int layer, const PartTensors& weights,
                       const at::Tensor& residual, const at::Tensor& attn_out,
                       const EditTable& edits) {
  const at::Tensor& gain = weights[Part::mlp_norm];
  const at::Tensor& bias = weights[Part::mlp_norm_bias];
  if (config.parallel_residual) return {.normed = before(config, residual, gain, bias)};
  const bool changed = !edits.at(Hook::resid_mid, layer).empty();
  const bool rms = config.pre_norms && config.norm != NormKind::layer;
  if (rms && !changed && has_fused_layers(residual)) {
    const SumAndNorm both = fused_add_and_rms_norm(residual, attn_out, gain, config.norm_eps,
                                                   config.norm != NormKind::rms);
    return {.mid = both.sum, .normed = both.normed};
  }
  const at::Tensor mid = edited(edits, Hook::resid_mid, layer, residual + attn_out);
  return {.mid = mid, .normed = before(config, mid, gain, bias)};
}

/// Queries, keys and values as attention takes them: after norms, and rotated.
Heads turned_heads(const ModelConfig& config, const BlockWeights& block, const at::Tensor& normed,
                   const Rotation& by, bool step) {
  Heads heads = projected(config, block, normed, step);
  if (heads.turning.defined() && config.qk_norm == QkNorm::none) {
    const at::Tensor turned = rotate(heads.turning, by);
    heads.query = turned.narrow(1, 0, config.heads);
    heads.key = turned.narrow(1, config.heads, config.kv_heads);
    return heads;
  }
  heads.query = rotate(normed_heads(config, heads.query, block.parts[Part::query_norm]), by);
  heads.key = rotate(normed_heads(config, heads.key, block.parts[Part::key_norm]), by);
  return heads;
}

/// hook_z of the lanes in `stage`, edits made.
at::Tensor attention_heads(const Model& model, std::size_t layer, const at::Tensor& residual,
                           const Pass& pass, const Stage& stage, BlockTrace& trace) {
  const ModelConfig& config = model.config;
  const PartTensors& weights = model.blocks[layer].parts;
  const Scores scores = scores_of(config, layer);
  const bool local = scores.window > 0 && config.local_rope;
  const bool rotated = config.rotated.empty() || config.rotated[layer];
  const Rotation by =
      rotated ? first_rows(local ? pass.local_rotation : pass.rotation, stage.rows) : Rotation{};
  const at::Tensor normed =
      before(config, residual, weights[Part::attention_norm], weights[Part::attention_norm_bias]);
  const auto place = [&](Hook hook, const at::Tensor& x) {
    at::Tensor made = edited(pass.edits, hook, static_cast<int>(layer), x);
    if (trace.wants(hook)) trace.keep(hook, made);
    return made;
  };
  const Heads heads = turned_heads(config, model.blocks[layer], normed, by, pass.batch.step);
  const at::Tensor query = place(Hook::q, heads.query);
  const at::Tensor key = place(Hook::k, heads.key);
  const at::Tensor value = place(Hook::v, heads.value);
  const at::Tensor z =
      place(Hook::z, attention(pass.batch, stage, layer, scores, query, key, value));
  trace.keep(Hook::z, z);
  if (trace.wants(Hook::head_norm)) trace.keep(Hook::head_norm, head_norms(z));
  if (trace.wants(Hook::pattern)) {
    trace.keep(Hook::pattern,
               attention_pattern(pass.batch, stage, layer, scores, query, key, trace.tokens));
  }
  return z;
}

/// What the activation of an MLP is applied to, and what it is multiplied with where that is known:
/// from one product where their weights are joined.
struct MlpInput {
  at::Tensor pre;
  at::Tensor up{};
};
MlpInput mlp_input(const ModelConfig& config, const BlockWeights& block, const at::Tensor& normed,
                   bool step) {
  if (!step || !block.mlp_in.defined()) return {.pre = mlp_pre(config, block.parts, normed, step)};
  const at::Tensor both = product(normed, block.mlp_in, {}, step);
  const std::int64_t half = both.size(1) / 2;
  return {.pre = both.narrow(1, 0, half), .up = both.narrow(1, half, half)};
}

/// What the MLP adds to the stream before a norm after it, edits inside it made.
at::Tensor dense_mlp(const ModelConfig& config, int layer, const BlockWeights& block,
                     const at::Tensor& normed, const Pass& pass, BlockTrace& trace) {
  const PartTensors& weights = block.parts;
  const bool step = pass.batch.step;
  const MlpInput input = mlp_input(config, block, normed, step);
  const at::Tensor pre = edited(pass.edits, Hook::mlp_pre, layer, input.pre);
  if (trace.wants(Hook::mlp_pre)) trace.keep(Hook::mlp_pre, pre.clone());  // overwritten next
  const at::Tensor post = edited(pass.edits, Hook::mlp_post, layer,
                                 input.up.defined() ? fused_gated(config.activation, pre, input.up)
                                                    : mlp_post(config, weights, normed, pre, step));
  if (trace.wants(Hook::mlp_post)) trace.keep(Hook::mlp_post, post);
  return product(post, weights[Part::down], weights[Part::down_bias], step);
}

}  // namespace

Pass make_pass(const Model& model, const Batch& batch, std::span<const Edit> edits) {
  const bool wide = model.config.wide_rotation && model.dtype != at::kDouble;
  const at::ScalarType dtype = wide ? at::kFloat : model.dtype;
  if (model.device.is_cpu()) confine_products();  // those of attention as well
  return {.batch = batch,
          .rotation = rotation(model.rope, batch, dtype),
          .local_rotation = rotation(model.local_rope, batch, dtype),
          .edits = EditTable(edits)};
}

at::Tensor embed(const Model& model, const Batch& batch) {
  at::Tensor x = at::embedding(model.parts[Part::embedding], batch.ids);
  if (model.config.embedding_scale != 1.0) {
    const double scale = model.config.embedding_scale;
    x = model.config.rounded_scale ? x * at::scalar_tensor(scale, x.options()) : x * scale;
  }
  if (model.config.learned_positions) {
    x = x + at::embedding(model.parts[Part::positions], batch.positions);
  }
  return x;
}

at::Tensor block(const Model& model, int layer, const at::Tensor& residual, const Pass& pass,
                 BlockTrace& trace) {
  const ModelConfig& config = model.config;
  const BlockWeights& weights = model.blocks.at(static_cast<std::size_t>(layer));
  const Stage stage = stage_of(pass.batch, layer);
  const bool step = pass.batch.step;
  const auto place = [&](Hook hook, const at::Tensor& x) {
    return edited(pass.edits, hook, layer, x);
  };
  // Values that are no longer needed are overwritten or given back: a batch in flight is to take
  // little room beside the weights.
  const at::Tensor z =
      attention_heads(model, static_cast<std::size_t>(layer), residual, pass, stage, trace);
  at::Tensor attn_out = product(z.view({stage.rows, -1}), weights.parts[Part::output],
                                weights.parts[Part::output_bias], step);
  if (config.post_norms)
    attn_out = norm(config, attn_out, weights.parts[Part::attention_post_norm]);
  if (config.residual_scale != 1.0) attn_out = attn_out.mul_(config.residual_scale);
  attn_out = place(Hook::attn_out, attn_out);
  Middle middle = after_attention(config, layer, weights.parts, residual, attn_out, pass.edits);
  at::Tensor mlp_out = weights.experts.empty()
                           ? dense_mlp(config, layer, weights, middle.normed, pass, trace)
                           : experts(config, weights, middle.normed, stage.used, step);
  middle.normed.reset();
  if (config.post_norms) mlp_out = norm(config, mlp_out, weights.parts[Part::mlp_post_norm]);
  if (config.residual_scale != 1.0) mlp_out = mlp_out.mul_(config.residual_scale);
  mlp_out = place(Hook::mlp_out, mlp_out);
  trace.keep(Hook::resid_mid, middle.mid);
  trace.keep(Hook::attn_out, attn_out);
  trace.keep(Hook::mlp_out, mlp_out);
  return config.parallel_residual ? mlp_out + attn_out + residual : middle.mid + mlp_out;
}

at::Tensor final_norm(const Model& model, const at::Tensor& residual) {
  return norm(model.config, residual, model.parts[Part::final_norm],
              model.parts[Part::final_norm_bias]);
}

at::Tensor logits(const Model& model, const at::Tensor& normed, bool step) {
  at::Tensor scores = product(normed, model.parts[Part::head], {}, step);
  if (model.config.logit_divisor != 1.0) scores = scores.div_(model.config.logit_divisor);
  const double cap = model.config.logit_softcap;
  return cap > 0.0 ? soft_capped(scores, cap) : scores;
}

}  // namespace phiscope::extract
