// SPDX-License-Identifier: MIT
// GPT-2: learned positions, LayerNorm, matrices stored [in, out], query, key and value in one.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"

#include <array>
#include <cmath>

namespace phiscope::extract {

namespace {

void read_activation(const JsonFields& fields, ModelConfig& config) {
  constexpr std::string_view key = "activation_function";
  expect_one_of(fields, key, {"gelu_new", "gelu_pytorch_tanh", "gelu"});
  const std::string name = fields.text_or(key, "gelu_new");
  config.activation = name == "gelu" ? Activation::gelu : Activation::gelu_tanh;
}

void read_gpt2(const JsonFields& fields, ModelConfig& config) {
  config.layers = fields.integer("n_layer", {.most = 100'000});
  config.hidden = fields.integer("n_embd");
  config.intermediate = fields.integer_or("n_inner", 4 * config.hidden);
  config.vocab = fields.integer("vocab_size");
  config.max_positions = fields.integer("n_positions");
  config.heads = fields.integer("n_head");
  config.kv_heads = config.heads;
  if (config.hidden % config.heads != 0) {
    fields.refuse("n_head", "a divisor of n_embd (" + std::to_string(config.hidden) + ")");
  }
  config.head_dim = config.hidden / config.heads;
  const bool scaled = fields.boolean_or("scale_attn_weights", true);
  config.attention_scale = scaled ? 1.0 / std::sqrt(static_cast<double>(config.head_dim)) : 1.0;
  config.learned_positions = true;
  config.norm = NormKind::layer;
  config.norm_eps = fields.positive_or("layer_norm_epsilon", 1e-5);
  config.query_bias = true;
  config.output_bias = true;
  config.gated = false;
  config.mlp_bias = true;
  config.tied = fields.boolean_or("tie_word_embeddings", true);
  read_activation(fields, config);
  expect_false(fields, "scale_attn_by_inverse_layer_idx", "false (not supported)");
  expect_false(fields, "add_cross_attention", "false (only decoders are supported)");
}

/// Matrix and bias of a product, both of these parts.
void add_product(std::vector<TensorSpec>& list, std::int64_t layer, const std::string& name,
                 std::vector<Part> weights, std::vector<Part> biases, std::int64_t in,
                 std::int64_t out) {
  const std::string prefix = "h." + std::to_string(layer) + "." + name;
  list.push_back({.name = prefix + ".weight",
                  .shape = {in, out},
                  .parts = std::move(weights),
                  .layer = layer,
                  .transposed = true});
  list.push_back(
      {.name = prefix + ".bias", .shape = {out}, .parts = std::move(biases), .layer = layer});
}

std::vector<TensorSpec> gpt2_tensors(const ModelConfig& config) {
  const std::int64_t d = config.hidden;
  std::vector<TensorSpec> list;
  const auto add = [&](Part part, const std::string& name, std::vector<std::int64_t> shape,
                       std::int64_t layer = -1) {
    list.push_back({.name = name, .shape = std::move(shape), .parts = {part}, .layer = layer});
  };
  add(Part::embedding, "wte.weight", {config.vocab, d});
  add(Part::positions, "wpe.weight", {config.max_positions, d});
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string block = "h." + std::to_string(layer) + ".";
    add(Part::attention_norm, block + "ln_1.weight", {d}, layer);
    add(Part::attention_norm_bias, block + "ln_1.bias", {d}, layer);
    add_product(list, layer, "attn.c_attn", {Part::query, Part::key, Part::value},
                {Part::query_bias, Part::key_bias, Part::value_bias}, d, 3 * d);
    add_product(list, layer, "attn.c_proj", {Part::output}, {Part::output_bias}, d, d);
    add(Part::mlp_norm, block + "ln_2.weight", {d}, layer);
    add(Part::mlp_norm_bias, block + "ln_2.bias", {d}, layer);
    add_product(list, layer, "mlp.c_fc", {Part::up}, {Part::up_bias}, d, config.intermediate);
    add_product(list, layer, "mlp.c_proj", {Part::down}, {Part::down_bias}, config.intermediate, d);
  }
  add(Part::final_norm, "ln_f.weight", {d});
  add(Part::final_norm_bias, "ln_f.bias", {d});
  if (!config.tied) add(Part::head, "lm_head.weight", {config.vocab, d});
  return list;
}

/// Masks of the attention that published files store.
bool is_mask(std::string_view tensor) {
  return tensor.ends_with(".attn.bias") || tensor.ends_with(".attn.masked_bias");
}

constexpr std::array<std::string_view, 2> gpt2_prefixes{"transformer.", ""};

constexpr std::array<FamilyKey, 14> gpt2_keys{{
    {"n_layer", "12"},
    {"n_embd", "768"},
    {"n_inner"},
    {"vocab_size", "50257"},
    {"n_positions", "1024"},
    {"n_head", "12"},
    {"scale_attn_weights", "true"},
    {"scale_attn_by_inverse_layer_idx", "false"},
    {"add_cross_attention", "false"},
    {"activation_function", "\"gelu_new\""},
    {"layer_norm_epsilon", "1e-5"},
    {"tie_word_embeddings", "true"},
    {"bos_token_id", "50256"},
    {"eos_token_id", "50256"},
}};
constexpr std::array<std::string_view, 2> gpt2_harmless{"n_ctx", "reorder_and_upcast_attn"};

}  // namespace

extern const Family gpt2_family{
    .model_type = "gpt2",
    .architecture = "GPT2LMHeadModel",
    .text_config = "",
    .read = read_gpt2,
    .tensors = gpt2_tensors,
    .prefixes = gpt2_prefixes,
    .embedding = "wte.weight",
    .output = "lm_head.weight",
    .ignored = is_mask,
    .keys = gpt2_keys,
    .harmless = gpt2_harmless,
};

}  // namespace phiscope::extract
