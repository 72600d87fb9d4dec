// SPDX-License-Identifier: MIT
// GPT-NeoX (Pythia): LayerNorm, rotation of a quarter of each head, attention and MLP side by side
// or one after the other, query, key and value of each head in one matrix.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"

#include <array>

namespace phiscope::extract {

namespace {

void read_gpt_neox(const JsonFields& fields, ModelConfig& config) {
  config.layers = fields.integer("num_hidden_layers", {.most = 100'000});
  config.hidden = fields.integer("hidden_size");
  config.intermediate = fields.integer("intermediate_size");
  config.vocab = fields.integer("vocab_size");
  config.max_positions = fields.integer("max_position_embeddings");
  config.heads = fields.integer("num_attention_heads");
  read_heads(fields, config);
  if (config.kv_heads != config.heads) {
    fields.refuse("num_key_value_heads", "none (this family has no shared keys)");
  }
  const bool quarter_outside = fields.has("rotary_pct");
  read_rope(fields,
            {.theta = fields.has("rotary_emb_base") ? "rotary_emb_base" : "rope_theta",
             .fraction = quarter_outside ? "rotary_pct" : "partial_rotary_factor",
             .default_fraction = 0.25},
            config);
  config.norm = NormKind::layer;
  config.norm_eps = fields.positive_or("layer_norm_eps", 1e-5);
  config.parallel_residual = fields.boolean_or("use_parallel_residual", true);
  config.query_bias = true;
  config.output_bias = true;
  if (!fields.boolean_or("attention_bias", true)) {
    fields.refuse("attention_bias", "true (products without biases are not supported)");
  }
  config.gated = false;
  config.mlp_bias = true;
  config.tied = fields.boolean_or("tie_word_embeddings", false);
  expect_one_of(fields, "hidden_act", {"gelu", "gelu_new", "gelu_pytorch_tanh"});
  config.activation =
      fields.text_or("hidden_act", "gelu") == "gelu" ? Activation::gelu : Activation::gelu_tanh;
}

std::vector<TensorSpec> gpt_neox_tensors(const ModelConfig& config) {
  const std::int64_t d = config.hidden;
  std::vector<TensorSpec> list;
  const auto add = [&](Part part, const std::string& name, std::vector<std::int64_t> shape,
                       std::int64_t layer = -1) {
    list.push_back({.name = name, .shape = std::move(shape), .parts = {part}, .layer = layer});
  };
  add(Part::embedding, "embed_in.weight", {config.vocab, d});
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string block = "layers." + std::to_string(layer) + ".";
    const auto pair = [&](Part weight, Part bias, const std::string& name, std::int64_t out,
                          std::int64_t in) {
      add(weight, block + name + ".weight", {out, in}, layer);
      add(bias, block + name + ".bias", {out}, layer);
    };
    add(Part::attention_norm, block + "input_layernorm.weight", {d}, layer);
    add(Part::attention_norm_bias, block + "input_layernorm.bias", {d}, layer);
    list.push_back({.name = block + "attention.query_key_value.weight",
                    .shape = {3 * d, d},
                    .parts = {Part::query, Part::key, Part::value},
                    .layer = layer,
                    .by_head = true});
    list.push_back({.name = block + "attention.query_key_value.bias",
                    .shape = {3 * d},
                    .parts = {Part::query_bias, Part::key_bias, Part::value_bias},
                    .layer = layer,
                    .by_head = true});
    pair(Part::output, Part::output_bias, "attention.dense", d, d);
    add(Part::mlp_norm, block + "post_attention_layernorm.weight", {d}, layer);
    add(Part::mlp_norm_bias, block + "post_attention_layernorm.bias", {d}, layer);
    pair(Part::up, Part::up_bias, "mlp.dense_h_to_4h", config.intermediate, d);
    pair(Part::down, Part::down_bias, "mlp.dense_4h_to_h", d, config.intermediate);
  }
  add(Part::final_norm, "final_layer_norm.weight", {d});
  add(Part::final_norm_bias, "final_layer_norm.bias", {d});
  if (!config.tied) add(Part::head, "embed_out.weight", {config.vocab, d});
  return list;
}

/// Masks and frequencies that published files store.
bool is_buffer(std::string_view tensor) {
  return tensor.ends_with(".attention.bias") || tensor.ends_with(".attention.masked_bias") ||
         tensor.ends_with(".rotary_emb.inv_freq");
}

constexpr std::array<std::string_view, 1> gpt_neox_prefixes{"gpt_neox."};

constexpr std::array<FamilyKey, 21> gpt_neox_keys{{
    {"num_hidden_layers", "44"},
    {"hidden_size", "6144"},
    {"intermediate_size", "24576"},
    {"vocab_size", "50432"},
    {"max_position_embeddings", "2048"},
    {"num_attention_heads", "64"},
    {"num_key_value_heads"},
    {"head_dim"},
    {"hidden_act", "\"gelu\""},
    {"layer_norm_eps", "1e-5"},
    {"use_parallel_residual", "true"},
    {"attention_bias", "true"},
    {"tie_word_embeddings", "false"},
    {"rotary_pct"},
    {"rotary_emb_base"},
    {"rope_theta"},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
    {"bos_token_id", "0"},
    {"eos_token_id", "2"},
}};

}  // namespace

extern const Family gpt_neox_family{
    .model_type = "gpt_neox",
    .architecture = "GPTNeoXForCausalLM",
    .text_config = "",
    .read = read_gpt_neox,
    .tensors = gpt_neox_tensors,
    .prefixes = gpt_neox_prefixes,
    .embedding = "embed_in.weight",
    .output = "embed_out.weight",
    .ignored = is_buffer,
    .keys = gpt_neox_keys,
};

}  // namespace phiscope::extract
