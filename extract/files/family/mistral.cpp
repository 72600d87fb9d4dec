// SPDX-License-Identifier: MIT
// Mistral: Llama with a sliding window in every layer.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

#include <array>

namespace phiscope::extract {

namespace {

void read_mistral(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config);
  read_rope(fields, {}, config);
  const std::int64_t window = fields.integer_or("sliding_window", 0);
  read_windows(fields, window, config, [](std::int64_t) { return true; });
}

std::vector<TensorSpec> mistral_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

constexpr std::array<FamilyKey, 19> mistral_keys{{
    {"num_hidden_layers", "32"},
    {"hidden_size", "4096"},
    {"intermediate_size", "14336"},
    {"vocab_size", "32000"},
    {"max_position_embeddings", "131072"},
    {"rms_norm_eps", "1e-6"},
    {"num_attention_heads", "32"},
    {"num_key_value_heads", "8"},
    {"head_dim"},
    {"hidden_act", "\"silu\""},
    {"tie_word_embeddings", "false"},
    {"sliding_window", "4096"},
    {"layer_types"},
    {"rope_theta", "10000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
    {"bos_token_id", "1"},
    {"eos_token_id", "2"},
}};

}  // namespace

extern const Family mistral_family{
    .model_type = "mistral",
    .architecture = "MistralForCausalLM",
    .text_config = "",
    .read = read_mistral,
    .tensors = mistral_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = mistral_keys,
};

}  // namespace phiscope::extract
