// SPDX-License-Identifier: MIT
// OLMoE: experts in every layer, an RMSNorm over all queries and one over all keys of a token.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

#include <array>

namespace phiscope::extract {

namespace {

void read_olmoe(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config, 1e-5);
  read_rope(fields, {}, config);
  config.qk_norm = QkNorm::projection;
  expect_false(fields, "attention_bias", "false (biases are not supported in this family)");
  if (fields.has("clip_qkv")) fields.refuse("clip_qkv", "null (clipping is not supported)");
  config.experts = read_experts(fields, config.intermediate, config.layers);
}

std::vector<TensorSpec> olmoe_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

constexpr std::array<FamilyKey, 22> olmoe_keys{{
    {"num_hidden_layers", "16"},
    {"hidden_size", "2048"},
    {"intermediate_size", "2048"},
    {"vocab_size", "50304"},
    {"max_position_embeddings", "4096"},
    {"rms_norm_eps", "1e-5"},
    {"num_attention_heads", "16"},
    {"num_key_value_heads"},
    {"head_dim"},
    {"hidden_act", "\"silu\""},
    {"tie_word_embeddings", "false"},
    {"attention_bias", "false"},
    {"clip_qkv"},
    {"num_experts", "64", {"num_local_experts"}},
    {"num_local_experts"},
    {"num_experts_per_tok", "8"},
    {"norm_topk_prob", "false"},
    {"rope_theta", "10000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
    {"eos_token_id", "50279"},
}};

}  // namespace

extern const Family olmoe_family{
    .model_type = "olmoe",
    .architecture = "OlmoeForCausalLM",
    .text_config = "",
    .read = read_olmoe,
    .tensors = olmoe_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = olmoe_keys,
};

}  // namespace phiscope::extract
