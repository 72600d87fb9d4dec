// SPDX-License-Identifier: MIT
// Phi-3, Phi-3.5 and Phi-4-mini: Llama with query, key and value in one matrix and gate and up in
// another, windows, rotation of a share of each head, positions of type longrope.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

#include <array>

namespace phiscope::extract {

namespace {

void read_phi3(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config, 1e-5);
  read_rope(fields,
            {.fraction = "partial_rotary_factor", .default_original = 4096, .su_is_longrope = true},
            config);
  if (config.rope.type != RopeType::plain && config.rope.type != RopeType::longrope) {
    fields.refuse(fields.has("rope_parameters") ? "rope_parameters" : "rope_scaling",
                  "one of type default or longrope for this family");
  }
  const std::int64_t window = fields.integer_or("sliding_window", 0);
  read_windows(fields, window, config, [](std::int64_t) { return true; });
}

std::vector<TensorSpec> phi3_tensors(const ModelConfig& config) {
  return llama_layout(config, {.fused = true});
}

constexpr std::array<FamilyKey, 20> phi3_keys{{
    {"num_hidden_layers", "32"},
    {"hidden_size", "3072"},
    {"intermediate_size", "8192"},
    {"vocab_size", "32064"},
    {"max_position_embeddings", "4096"},
    {"rms_norm_eps", "1e-5"},
    {"num_attention_heads", "32"},
    {"num_key_value_heads"},
    {"head_dim"},
    {"hidden_act", "\"silu\""},
    {"tie_word_embeddings", "false"},
    {"original_max_position_embeddings", "4096"},
    {"sliding_window"},
    {"layer_types"},
    {"rope_theta", "10000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
    {"bos_token_id", "1"},
    {"eos_token_id", "32000"},
}};
constexpr std::array<std::string_view, 3> phi3_harmless{"auto_map", "full_attn_mod",
                                                        "interpolate_factor"};

}  // namespace

extern const Family phi3_family{
    .model_type = "phi3",
    .architecture = "Phi3ForCausalLM",
    .text_config = "",
    .read = read_phi3,
    .tensors = phi3_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = phi3_keys,
    .harmless = phi3_harmless,
};

}  // namespace phiscope::extract
