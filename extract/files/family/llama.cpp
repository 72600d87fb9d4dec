// SPDX-License-Identifier: MIT
// Llama 1 to 3: RMSNorm, rotary positions, grouped query heads, gated SiLU, no biases.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

#include <array>

namespace phiscope::extract {

namespace {

void read_llama(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config);
  read_rope(fields, {}, config);
  constexpr std::string_view no_biases = "false (biases are not supported in this family)";
  expect_false(fields, "attention_bias", no_biases);
  expect_false(fields, "mlp_bias", no_biases);
}

std::vector<TensorSpec> llama_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

constexpr std::array<FamilyKey, 19> llama_keys{{
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
    {"rope_theta", "10000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
    {"bos_token_id", "1"},
    {"eos_token_id", "2"},
}};

}  // namespace

extern const Family llama_family{
    .model_type = "llama",
    .architecture = "LlamaForCausalLM",
    .text_config = "",
    .read = read_llama,
    .tensors = llama_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = llama_keys,
};

}  // namespace phiscope::extract
