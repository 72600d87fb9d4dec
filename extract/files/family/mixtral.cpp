// SPDX-License-Identifier: MIT
// Mixtral: Mistral whose MLPs are experts with weights that add up to one; a window only where the
// file names one.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

#include <array>

namespace phiscope::extract {

namespace {

void read_mixtral(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config, 1e-5);
  read_rope(fields, {.default_theta = 1e6}, config);
  const std::int64_t window = fields.integer_or("sliding_window", 0);
  read_windows(fields, window, config, [](std::int64_t) { return true; });
  config.experts = read_experts(fields, config.intermediate, config.layers);
  config.experts->renormalise = true;
}

std::vector<TensorSpec> mixtral_tensors(const ModelConfig& config) {
  return llama_layout(config, {.routed = "block_sparse_moe.",
                               .expert_gate = "w1.weight",
                               .expert_up = "w3.weight",
                               .expert_down = "w2.weight"});
}

constexpr std::array<FamilyKey, 22> mixtral_keys{{
    {"num_hidden_layers", "32"},
    {"hidden_size", "4096"},
    {"intermediate_size", "14336"},
    {"vocab_size", "32000"},
    {"max_position_embeddings", "131072"},
    {"rms_norm_eps", "1e-5"},
    {"num_attention_heads", "32"},
    {"num_key_value_heads", "8"},
    {"head_dim"},
    {"hidden_act", "\"silu\""},
    {"tie_word_embeddings", "false"},
    {"sliding_window"},
    {"layer_types"},
    {"num_local_experts", "8", {"num_experts"}},
    {"num_experts"},
    {"num_experts_per_tok", "2"},
    {"rope_theta", "1000000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
    {"bos_token_id", "1"},
    {"eos_token_id", "2"},
}};

}  // namespace

extern const Family mixtral_family{
    .model_type = "mixtral",
    .architecture = "MixtralForCausalLM",
    .text_config = "",
    .read = read_mixtral,
    .tensors = mixtral_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = mixtral_keys,
};

}  // namespace phiscope::extract
