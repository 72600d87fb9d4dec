// SPDX-License-Identifier: MIT
#include "files/family/llama_layout.hpp"

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
};

void add_attention(const ModelConfig& config, LayerTensors& tensors) {
  const std::int64_t d = config.hidden;
  const std::int64_t q = config.heads * config.head_dim;
  const std::int64_t kv = config.kv_heads * config.head_dim;
  tensors.add(Part::query, "self_attn.q_proj.weight", {q, d});
  tensors.add(Part::key, "self_attn.k_proj.weight", {kv, d});
  tensors.add(Part::value, "self_attn.v_proj.weight", {kv, d});
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

void add_mlp(const ModelConfig& config, LayerTensors& tensors) {
  const std::int64_t d = config.hidden;
  const bool routed =
      config.experts && config.experts->layers[static_cast<std::size_t>(tensors.layer)];
  if (!routed) {
    tensors.add(Part::gate, "mlp.gate_proj.weight", {config.intermediate, d});
    tensors.add(Part::up, "mlp.up_proj.weight", {config.intermediate, d});
    tensors.add(Part::down, "mlp.down_proj.weight", {d, config.intermediate});
    return;
  }
  const Experts& experts = *config.experts;
  tensors.add(Part::router, "mlp.gate.weight", {experts.count, d});
  for (std::int64_t e = 0; e < experts.count; ++e) {
    const std::string name = "mlp.experts." + std::to_string(e) + ".";
    tensors.add(Part::gate, name + "gate_proj.weight", {experts.intermediate, d}, e);
    tensors.add(Part::up, name + "up_proj.weight", {experts.intermediate, d}, e);
    tensors.add(Part::down, name + "down_proj.weight", {d, experts.intermediate}, e);
  }
}

}  // namespace

std::vector<TensorSpec> llama_layout(const ModelConfig& config, std::string_view output) {
  const std::int64_t d = config.hidden;
  std::vector<TensorSpec> list;
  list.push_back({.name = std::string(llama_embedding),
                  .shape = {config.vocab, d},
                  .parts = {Part::embedding}});
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    LayerTensors tensors{list, "layers." + std::to_string(layer) + ".", layer};
    if (config.pre_norms) tensors.add(Part::attention_norm, "input_layernorm.weight", {d});
    add_attention(config, tensors);
    if (config.post_norms) {
      tensors.add(Part::attention_post_norm, "post_attention_layernorm.weight", {d});
    }
    if (config.pre_norms) {
      const char* name = config.post_norms ? "pre_feedforward_layernorm.weight"
                                           : "post_attention_layernorm.weight";
      tensors.add(Part::mlp_norm, name, {d});
    }
    add_mlp(config, tensors);
    if (config.post_norms) {
      tensors.add(Part::mlp_post_norm, "post_feedforward_layernorm.weight", {d});
    }
  }
  list.push_back({.name = "norm.weight", .shape = {d}, .parts = {Part::final_norm}});
  if (!config.tied) {
    list.push_back(
        {.name = std::string(output), .shape = {config.vocab, d}, .parts = {Part::head}});
  }
  return list;
}

bool is_rotary_buffer(std::string_view tensor) {
  return tensor.ends_with(".rotary_emb.inv_freq");
}

}  // namespace phiscope::extract
