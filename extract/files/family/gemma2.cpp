// SPDX-License-Identifier: MIT
// Gemma-2: gains of 1 + w, norms before and after attention and MLP, soft caps of the attention's
// scores and of the logits, a window in every second layer.
#include "files/family/family.hpp"
#include "files/family/gemma_fields.hpp"
#include "files/family/llama_layout.hpp"

#include <array>

namespace phiscope::extract {

namespace {

void read_gemma2(const JsonFields& fields, ModelConfig& config) {
  read_gemma_sizes(fields, config);
  read_rope(fields, {}, config);
  const std::int64_t window = fields.integer_or("sliding_window", 0);
  read_windows(fields, window, config, [](std::int64_t layer) { return layer % 2 == 0; });
}

std::vector<TensorSpec> gemma2_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

constexpr std::array<FamilyKey, 24> gemma2_keys{{
    {"num_hidden_layers", "26"},
    {"hidden_size", "2304"},
    {"intermediate_size", "9216"},
    {"vocab_size", "256000"},
    {"max_position_embeddings", "8192"},
    {"rms_norm_eps", "1e-6"},
    {"num_attention_heads", "8"},
    {"num_key_value_heads", "4"},
    {"head_dim", "256"},
    {"hidden_activation", "\"gelu_pytorch_tanh\""},
    {"tie_word_embeddings", "true"},
    {"attention_bias", "false"},
    {"query_pre_attn_scalar", "256"},
    {"attn_logit_softcapping", "50.0"},
    {"final_logit_softcapping", "30.0"},
    {"use_bidirectional_attention"},
    {"sliding_window", "4096"},
    {"layer_types"},
    {"rope_theta", "10000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
    {"bos_token_id", "2"},
    {"eos_token_id", "1"},
}};
constexpr std::array<std::string_view, 2> gemma2_harmless{"hidden_act", "sliding_window_size"};

}  // namespace

extern const Family gemma2_family{
    .model_type = "gemma2",
    .architecture = "Gemma2ForCausalLM",
    .text_config = "",
    .read = read_gemma2,
    .tensors = gemma2_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = gemma2_keys,
    .harmless = gemma2_harmless,
};

}  // namespace phiscope::extract
