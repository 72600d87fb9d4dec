// SPDX-License-Identifier: MIT
// Granite: Llama with factors of the embedding, of the scores, of what attention and MLP add, and a
// divisor of the logits.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

#include <array>

namespace phiscope::extract {

namespace {

void read_granite(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config);
  read_rope(fields, {}, config);
  config.embedding_scale = fields.positive_or("embedding_multiplier", 1.0);
  config.rounded_scale = false;
  config.attention_scale = fields.positive_or("attention_multiplier", 1.0);
  config.residual_scale = fields.positive_or("residual_multiplier", 1.0);
  config.logit_divisor = fields.positive_or("logits_scaling", 1.0);
  constexpr std::string_view no_biases = "false (biases are not supported in this family)";
  expect_false(fields, "attention_bias", no_biases);
  expect_false(fields, "mlp_bias", no_biases);
}

std::vector<TensorSpec> granite_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

constexpr std::array<FamilyKey, 23> granite_keys{{
    {"num_hidden_layers", "32"},
    {"hidden_size", "4096"},
    {"intermediate_size", "11008"},
    {"vocab_size", "32000"},
    {"max_position_embeddings", "2048"},
    {"rms_norm_eps", "1e-6"},
    {"num_attention_heads", "32"},
    {"num_key_value_heads"},
    {"head_dim"},
    {"hidden_act", "\"silu\""},
    {"tie_word_embeddings", "false"},
    {"attention_bias", "false"},
    {"mlp_bias", "false"},
    {"embedding_multiplier", "1.0"},
    {"attention_multiplier", "1.0"},
    {"residual_multiplier", "1.0"},
    {"logits_scaling", "1.0"},
    {"rope_theta", "10000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
    {"bos_token_id", "1"},
    {"eos_token_id", "2"},
}};

}  // namespace

extern const Family granite_family{
    .model_type = "granite",
    .architecture = "GraniteForCausalLM",
    .text_config = "",
    .read = read_granite,
    .tensors = granite_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = granite_keys,
};

}  // namespace phiscope::extract
