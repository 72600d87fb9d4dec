// SPDX-License-Identifier: MIT
// OLMo-2: norms after attention and MLP and none before, an RMSNorm over all queries and one over
// all keys of a token, gains and rotations in float32.
#include "files/family/family.hpp"
#include "files/family/llama_layout.hpp"
#include "files/family/olmo_fields.hpp"

#include <array>

namespace phiscope::extract {

namespace {

void read_olmo2(const JsonFields& fields, ModelConfig& config) {
  read_olmo_sizes(fields, config);
  read_rope(fields, {}, config);
}

std::vector<TensorSpec> olmo2_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

constexpr std::array<FamilyKey, 18> olmo2_keys{{
    {"num_hidden_layers", "32"},
    {"hidden_size", "4096"},
    {"intermediate_size", "11008"},
    {"vocab_size", "50304"},
    {"max_position_embeddings", "2048"},
    {"rms_norm_eps", "1e-5"},
    {"num_attention_heads", "32"},
    {"num_key_value_heads"},
    {"head_dim"},
    {"hidden_act", "\"silu\""},
    {"tie_word_embeddings", "false"},
    {"attention_bias", "false"},
    {"rope_theta", "10000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
    {"bos_token_id"},
    {"eos_token_id", "50279"},
}};

}  // namespace

extern const Family olmo2_family{
    .model_type = "olmo2",
    .architecture = "Olmo2ForCausalLM",
    .text_config = "",
    .read = read_olmo2,
    .tensors = olmo2_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = olmo2_keys,
};

}  // namespace phiscope::extract
