// SPDX-License-Identifier: MIT
#include "model/fused_layers.hpp"
#include "model/head_norms.hpp"
#include "model/layers.hpp"
#include "model/matrix_products.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/scalar_tensor.h>

namespace phiscope::extract {
namespace {

/// Queries or keys of a layer: product, norm, rotation. [row, hidden] to [row, head, head_dim]
struct Projection {
  Part weight;
  Part bias;
  Part norm;
  std::int64_t heads;
};

at::Tensor project(const Model& model, const PartTensors& weights, const Projection& what,
                   const at::Tensor& normed, const Rotation& by, bool step) {
  const ModelConfig& config = model.config;
  at::Tensor flat = product(normed, weights[what.weight], weights[what.bias], step);
  if (config.qk_norm == QkNorm::projection) flat = norm(config, flat, weights[what.norm]);
  at::Tensor heads = flat.view({flat.size(0), what.heads, config.head_dim});
  if (config.qk_norm == QkNorm::head) heads = norm(config, heads, weights[what.norm]);
  return rotate(heads, by);
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

/// hook_z of the lanes in `stage`, edits made.
at::Tensor attention_heads(const Model& model, std::size_t layer, const at::Tensor& residual,
                           const Pass& pass, const Stage& stage, BlockTrace& trace) {
  const ModelConfig& config = model.config;
  const PartTensors& weights = model.blocks[layer].parts;
  const bool step = pass.batch.step;
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
  const at::Tensor query =
      place(Hook::q,
            project(model, weights, {Part::query, Part::query_bias, Part::query_norm, config.heads},
                    normed, by, step));
  const at::Tensor key = place(
      Hook::k, project(model, weights, {Part::key, Part::key_bias, Part::key_norm, config.kv_heads},
                       normed, by, step));
  const at::Tensor value =
      place(Hook::v, product(normed, weights[Part::value], weights[Part::value_bias], step)
                         .view({stage.rows, config.kv_heads, config.head_dim}));
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

/// What the MLP adds to the stream before a norm after it, edits inside it made.
at::Tensor dense_mlp(const ModelConfig& config, int layer, const PartTensors& weights,
                     const at::Tensor& normed, const Pass& pass, BlockTrace& trace) {
  const bool step = pass.batch.step;
  const at::Tensor pre =
      edited(pass.edits, Hook::mlp_pre, layer, mlp_pre(config, weights, normed, step));
  if (trace.wants(Hook::mlp_pre)) trace.keep(Hook::mlp_pre, pre.clone());  // overwritten next
  const at::Tensor post =
      edited(pass.edits, Hook::mlp_post, layer, mlp_post(config, weights, normed, pre, step));
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
                           ? dense_mlp(config, layer, weights.parts, middle.normed, pass, trace)
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
