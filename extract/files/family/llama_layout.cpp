// SPDX-License-Identifier: MIT
#include "files/family/llama_layout.hpp"

#include <numeric>
#include <utility>

namespace phiscope::extract {
namespace {

/// Collects the tensors of one layer.
struct LayerTensors {
  std::vector<TensorSpec>& list;
  std::string prefix;
  std::int64_t layer;

  void add(Part part, const std::string& name, std::vector<std::int64_t> shape,
           std::int64_t expert = -1) {
    list.push_back({.name = prefix + name,
                    .shape = std::move(shape),
                    .parts = {part},
                    .layer = layer,
                    .expert = expert});
  }

  /// Matrices of several parts, with these rows each.
  void add_fused(std::vector<Part> parts, const std::string& name, std::vector<std::int64_t> rows,
                 std::int64_t columns) {
    list.push_back({.name = prefix + name,
                    .shape = {std::accumulate(rows.begin(), rows.end(), std::int64_t{0}), columns},
                    .parts = std::move(parts),
                    .layer = layer,
                    .rows = std::move(rows)});
  }
};

void add_attention(const ModelConfig& config, const LlamaNames& names, LayerTensors& tensors) {
  const std::int64_t d = config.hidden;
  const std::int64_t q = config.heads * config.head_dim;
  const std::int64_t kv = config.kv_heads * config.head_dim;
  if (names.fused) {
    tensors.add_fused({Part::query, Part::key, Part::value}, "self_attn.qkv_proj.weight",
                      {q, kv, kv}, d);
  } else {
    tensors.add(Part::query, "self_attn.q_proj.weight", {q, d});
    tensors.add(Part::key, "self_attn.k_proj.weight", {kv, d});
    tensors.add(Part::value, "self_attn.v_proj.weight", {kv, d});
  }
  if (config.query_bias) {
    tensors.add(Part::query_bias, "self_attn.q_proj.bias", {q});
    tensors.add(Part::key_bias, "self_attn.k_proj.bias", {kv});
    tensors.add(Part::value_bias, "self_attn.v_proj.bias", {kv});
  }
  if (config.qk_norm != QkNorm::none) {
    const bool head = config.qk_norm == QkNorm::head;
    tensors.add(Part::query_norm, "self_attn.q_norm.weight", {head ? config.head_dim : q});
    tensors.add(Part::key_norm, "self_attn.k_norm.weight", {head ? config.head_dim : kv});
  }
  tensors.add(Part::output, "self_attn.o_proj.weight", {d, q});
}

void add_dense_mlp(const ModelConfig& config, const LlamaNames& names, LayerTensors& tensors) {
  const std::int64_t d = config.hidden;
  const std::int64_t wide = config.intermediate;
  if (names.fused) {
    tensors.add_fused({Part::gate, Part::up}, "mlp.gate_up_proj.weight", {wide, wide}, d);
  } else {
    tensors.add(Part::gate, "mlp.gate_proj.weight", {wide, d});
    tensors.add(Part::up, "mlp.up_proj.weight", {wide, d});
  }
  tensors.add(Part::down, "mlp.down_proj.weight", {d, wide});
}

void add_experts(const ModelConfig& config, const LlamaNames& names, LayerTensors& tensors) {
  const std::int64_t d = config.hidden;
  const Experts& experts = *config.experts;
  const std::string routed(names.routed);
  tensors.add(Part::router, routed + "gate.weight", {experts.count, d});
  for (std::int64_t e = 0; e < experts.count; ++e) {
    const std::string expert = routed + "experts." + std::to_string(e) + ".";
    const auto add = [&](Part part, std::string_view name, std::vector<std::int64_t> shape) {
      tensors.add(part, std::string(expert).append(name), std::move(shape), e);
    };
    add(Part::gate, names.expert_gate, {experts.intermediate, d});
    add(Part::up, names.expert_up, {experts.intermediate, d});
    add(Part::down, names.expert_down, {d, experts.intermediate});
  }
}

}  // namespace

std::vector<TensorSpec> llama_layout(const ModelConfig& config, const LlamaNames& names) {
  const std::int64_t d = config.hidden;
  std::vector<TensorSpec> list;
  list.push_back({.name = std::string(llama_embedding),
                  .shape = {config.vocab, d},
                  .parts = {Part::embedding}});
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    LayerTensors tensors{list, "layers." + std::to_string(layer) + ".", layer};
    if (config.pre_norms) tensors.add(Part::attention_norm, "input_layernorm.weight", {d});
    add_attention(config, names, tensors);
    if (config.post_norms) {
      tensors.add(Part::attention_post_norm, "post_attention_layernorm.weight", {d});
    }
    if (config.pre_norms) {
      const char* name = config.post_norms ? "pre_feedforward_layernorm.weight"
                                           : "post_attention_layernorm.weight";
      tensors.add(Part::mlp_norm, name, {d});
    }
    if (config.experts && config.experts->layers[static_cast<std::size_t>(layer)]) {
      add_experts(config, names, tensors);
    } else {
      add_dense_mlp(config, names, tensors);
    }
    if (config.post_norms) {
      tensors.add(Part::mlp_post_norm, "post_feedforward_layernorm.weight", {d});
    }
  }
  list.push_back({.name = "norm.weight", .shape = {d}, .parts = {Part::final_norm}});
  if (!config.tied) {
    list.push_back(
        {.name = std::string(names.output), .shape = {config.vocab, d}, .parts = {Part::head}});
  }
  return list;
}

bool is_rotary_buffer(std::string_view tensor) {
  return tensor.ends_with(".rotary_emb.inv_freq");
}

}  // namespace phiscope::extract
