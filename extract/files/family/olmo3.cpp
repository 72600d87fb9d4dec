// SPDX-License-Identifier: MIT
// OLMo-3: OLMo-2 with a window in three of four layers, whose rotary positions are not scaled.
#include "files/family/family.hpp"
#include "files/family/llama_layout.hpp"
#include "files/family/olmo_fields.hpp"

#include <array>

namespace phiscope::extract {

namespace {

constexpr double usual_theta = 500'000.0;

/// Published files have one base and a scaling for the layers without a window. transformers 5.24
/// takes 500000 as base of the layers with one whatever such a file says; 4.57 and we take the
/// file's. transformers 5 has an object per kind of layer.
void read_olmo3_ropes(const JsonFields& fields, ModelConfig& config) {
  if (has_ropes_by_kind(fields)) {
    read_ropes_by_kind(fields, usual_theta, {.theta = usual_theta}, config);
    return;
  }
  read_rope(fields, {.default_theta = usual_theta}, config);
  config.local_rope = RopeParameters{.theta = config.rope.theta};
}

void read_olmo3(const JsonFields& fields, ModelConfig& config) {
  read_olmo_sizes(fields, config);
  read_olmo3_ropes(fields, config);
  const std::int64_t window = fields.integer_or("sliding_window", 0);
  read_windows(fields, window, config, [](std::int64_t layer) { return (layer + 1) % 4 != 0; });
}

std::vector<TensorSpec> olmo3_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

constexpr std::array<ConfigKey, 20> olmo3_keys{{
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
    {"sliding_window", "4096"},
    {"layer_types"},
    {"rope_theta", "500000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
    {"bos_token_id"},
    {"eos_token_id", "50279"},
}};

}  // namespace

extern const Family olmo3_family{
    .model_type = "olmo3",
    .architecture = "Olmo3ForCausalLM",
    .text_config = "",
    .read = read_olmo3,
    .tensors = olmo3_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = olmo3_keys,
};

}  // namespace phiscope::extract
