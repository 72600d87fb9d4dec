// SPDX-License-Identifier: MIT
// Qwen2 and Qwen2.5: Llama with biases of query, key and value; optional windows in upper layers.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

#include <array>

namespace phiscope::extract {

namespace {

void read_qwen2(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config);
  read_rope(fields, {}, config);
  config.query_bias = true;
  read_upper_windows(fields, config);
}

std::vector<TensorSpec> qwen2_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

constexpr std::array<FamilyKey, 19> qwen2_keys{{
    {"num_hidden_layers", "32"},
    {"hidden_size", "4096"},
    {"intermediate_size", "22016"},
    {"vocab_size", "151936"},
    {"max_position_embeddings", "32768"},
    {"rms_norm_eps", "1e-6"},
    {"num_attention_heads", "32"},
    {"num_key_value_heads", "32"},
    {"head_dim"},
    {"hidden_act", "\"silu\""},
    {"tie_word_embeddings", "false"},
    {"use_sliding_window", "false"},
    {"sliding_window", "4096"},
    {"max_window_layers", "28"},
    {"layer_types"},
    {"rope_theta", "10000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
}};

}  // namespace

extern const Family qwen2_family{
    .model_type = "qwen2",
    .architecture = "Qwen2ForCausalLM",
    .text_config = "",
    .read = read_qwen2,
    .tensors = qwen2_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = qwen2_keys,
};

}  // namespace phiscope::extract
