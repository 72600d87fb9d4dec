// SPDX-License-Identifier: MIT
// Qwen3: Llama with an RMSNorm of every query and key before they are rotated.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

#include <array>

namespace phiscope::extract {

namespace {

void read_qwen3(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config);
  read_rope(fields, {}, config);
  config.qk_norm = QkNorm::head;
  expect_false(fields, "attention_bias", "false (biases are not supported in this family)");
  read_upper_windows(fields, config);
}

std::vector<TensorSpec> qwen3_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

constexpr std::array<FamilyKey, 20> qwen3_keys{{
    {"num_hidden_layers", "32"},
    {"hidden_size", "4096"},
    {"intermediate_size", "22016"},
    {"vocab_size", "151936"},
    {"max_position_embeddings", "32768"},
    {"rms_norm_eps", "1e-6"},
    {"num_attention_heads", "32"},
    {"num_key_value_heads", "32"},
    {"head_dim", "128"},
    {"attention_bias", "false"},
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

extern const Family qwen3_family{
    .model_type = "qwen3",
    .architecture = "Qwen3ForCausalLM",
    .text_config = "",
    .read = read_qwen3,
    .tensors = qwen3_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = qwen3_keys,
};

}  // namespace phiscope::extract
