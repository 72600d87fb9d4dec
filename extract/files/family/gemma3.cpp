// SPDX-License-Identifier: MIT
// Gemma-3: norms of queries and keys, five layers with a window for each without, and two rotary
// bases. As a text model, or as the text half of a model of text and images, whose vision tower is
// passed over.
#include "files/family/family.hpp"
#include "files/family/gemma_fields.hpp"
#include "files/family/llama_layout.hpp"

#include <algorithm>
#include <array>

namespace phiscope::extract {

namespace {

/// Published files name the base of the layers with a window apart; transformers 5 has an object
/// per kind of layer.
void read_ropes(const JsonFields& fields, ModelConfig& config) {
  const RopeParameters local{.theta = fields.positive_or("rope_local_base_freq", 10'000.0)};
  if (has_ropes_by_kind(fields)) {
    read_ropes_by_kind(fields, 1e6, local, config);
  } else {
    read_rope(fields, {.default_theta = 1e6}, config);
    config.local_rope = local;
  }
}

void read_gemma3(const JsonFields& fields, ModelConfig& config) {
  read_gemma_sizes(fields, config);
  config.qk_norm = QkNorm::head;
  read_ropes(fields, config);
  const std::string_view key =
      fields.has("sliding_window_pattern") ? "sliding_window_pattern" : "_sliding_window_pattern";
  const std::int64_t pattern = fields.integer_or(key, 6);
  const std::int64_t window = fields.integer_or("sliding_window", 0);
  read_windows(fields, window, config,
               [=](std::int64_t layer) { return (layer + 1) % pattern != 0; });
}

std::vector<TensorSpec> gemma3_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

std::vector<TensorSpec> tensors_beside_images(const ModelConfig& config) {
  return llama_layout(config, {.output = "language_model.lm_head.weight"});
}

bool is_vision(std::string_view tensor) {
  return tensor.starts_with("vision_tower.") || tensor.starts_with("multi_modal_projector.") ||
         tensor.starts_with("model.vision_tower.") ||
         tensor.starts_with("model.multi_modal_projector.") || is_rotary_buffer(tensor);
}

constexpr std::array<std::string_view, 2> prefixes_beside_images{"language_model.model.",
                                                                 "model.language_model."};

constexpr std::array<FamilyKey, 27> gemma3_keys{{
    {"num_hidden_layers", "26"},
    {"hidden_size", "2304"},
    {"intermediate_size", "9216"},
    {"vocab_size", "262208"},
    {"max_position_embeddings", "131072"},
    {"rms_norm_eps", "1e-6"},
    {"num_attention_heads", "8"},
    {"num_key_value_heads", "4"},
    {"head_dim", "256"},
    {"hidden_activation", "\"gelu_pytorch_tanh\""},
    {"tie_word_embeddings", "true"},
    {"attention_bias", "false"},
    {"query_pre_attn_scalar", "256"},
    {"attn_logit_softcapping"},
    {"final_logit_softcapping"},
    {"use_bidirectional_attention"},
    {"sliding_window", "4096"},
    {"layer_types"},
    {"_sliding_window_pattern", "6", {"sliding_window_pattern", "layer_types"}},
    {"sliding_window_pattern"},
    {"rope_theta", "1000000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_local_base_freq", "10000.0", {"rope_parameters"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
    {"bos_token_id", "2"},
    {"eos_token_id", "1"},
}};
constexpr std::array<std::string_view, 1> gemma3_harmless{"hidden_act"};
constexpr std::array<std::string_view, 11> gemma3_outer{
    "vision_config", "boi_token_index", "eoi_token_index",    "image_token_index",
    "boi_token_id",  "eoi_token_id",    "image_token_id",     "mm_tokens_per_image",
    "vocab_size",    "hidden_size",     "tie_word_embeddings"};

}  // namespace

extern const Family gemma3_text_family{
    .model_type = "gemma3_text",
    .architecture = "Gemma3ForCausalLM",
    .text_config = "",
    .read = read_gemma3,
    .tensors = gemma3_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = gemma3_keys,
    .harmless = gemma3_harmless,
};

extern const Family gemma3_family{
    .model_type = "gemma3",
    .architecture = "Gemma3ForConditionalGeneration",
    .text_config = "text_config",
    .read = read_gemma3,
    .tensors = tensors_beside_images,
    .prefixes = prefixes_beside_images,
    .embedding = llama_embedding,
    .output = "language_model.lm_head.weight",
    .ignored = is_vision,
    .keys = gemma3_keys,
    .harmless = gemma3_harmless,
    .outer = gemma3_outer,
};

}  // namespace phiscope::extract
