// SPDX-License-Identifier: MIT
// Llama 1 to 3: RMSNorm, rotary positions, grouped query heads, gated SiLU, no biases.
#include "files/family.hpp"

#include <array>

namespace phiscope::extract {

namespace {

void read(const JsonFields& fields, ModelConfig& config) {
  config.layers = fields.integer("num_hidden_layers", {.most = 100'000});
  config.hidden = fields.integer("hidden_size");
  config.intermediate = fields.integer("intermediate_size");
  config.vocab = fields.integer("vocab_size");
  config.max_positions = fields.integer("max_position_embeddings");
  config.rms_eps = fields.positive_or("rms_norm_eps", 1e-6);
  read_heads(fields, config);
  config.rope = read_rope(fields, 10000.0);
  config.tied = fields.boolean_or("tie_word_embeddings", false);
  if (fields.boolean_or("attention_bias", false)) {
    fields.refuse("attention_bias", "false (biases are not supported in this family)");
  }
  if (fields.boolean_or("mlp_bias", false)) {
    fields.refuse("mlp_bias", "false (biases are not supported in this family)");
  }
  constexpr std::array<std::string_view, 2> activations{"silu", "swish"};
  expect_one_of(fields, "hidden_act", activations);
}

std::vector<TensorSpec> tensors(const ModelConfig& config) {
  const std::int64_t d = config.hidden;
  const std::int64_t q = config.heads * config.head_dim;
  const std::int64_t kv = config.kv_heads * config.head_dim;
  std::vector<TensorSpec> list{{"model.embed_tokens.weight", {config.vocab, d}}};
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    list.push_back({prefix + "input_layernorm.weight", {d}});
    list.push_back({prefix + "self_attn.q_proj.weight", {q, d}});
    list.push_back({prefix + "self_attn.k_proj.weight", {kv, d}});
    list.push_back({prefix + "self_attn.v_proj.weight", {kv, d}});
    list.push_back({prefix + "self_attn.o_proj.weight", {d, q}});
    list.push_back({prefix + "post_attention_layernorm.weight", {d}});
    list.push_back({prefix + "mlp.gate_proj.weight", {config.intermediate, d}});
    list.push_back({prefix + "mlp.up_proj.weight", {config.intermediate, d}});
    list.push_back({prefix + "mlp.down_proj.weight", {d, config.intermediate}});
  }
  list.push_back({"model.norm.weight", {d}});
  if (!config.tied) list.push_back({"lm_head.weight", {config.vocab, d}});
  return list;
}

/// Frequencies that files written before 2023 store although they follow from the configuration.
bool ignored(std::string_view tensor) {
  return tensor.ends_with(".rotary_emb.inv_freq");
}

}  // namespace

const Family llama_family{
    .model_type = "llama",
    .architecture = "LlamaForCausalLM",
    .read = read,
    .tensors = tensors,
    .embedding = "model.embed_tokens.weight",
    .output = "lm_head.weight",
    .ignored = ignored,
};

}  // namespace phiscope::extract
