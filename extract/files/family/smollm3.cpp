// SPDX-License-Identifier: MIT
// SmolLM3: Llama without rotary positions in every fourth layer, where it may have a window.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

#include <array>

namespace phiscope::extract {

namespace {

/// Layers with rotary positions: `no_rope_layers`, whose ones mark those that have them, or all but
/// every `no_rope_layer_interval`-th.
std::vector<bool> rotated_layers(const JsonFields& fields, std::int64_t layers) {
  const std::int64_t interval = fields.integer_or("no_rope_layer_interval", 4);
  std::vector<bool> rotated(static_cast<std::size_t>(layers));
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    rotated[static_cast<std::size_t>(layer)] = (layer + 1) % interval != 0;
  }
  constexpr std::string_view key = "no_rope_layers";
  if (!fields.has(key)) return rotated;
  const auto& marks = fields.array(key);
  const std::string expected =
      "at least " + std::to_string(layers) + " entries 0 or 1 (num_hidden_layers)";
  if (std::ssize(marks) < layers) fields.refuse(key, expected);
  for (std::size_t layer = 0; layer < rotated.size(); ++layer) {
    if (marks[layer] != 0 && marks[layer] != 1) fields.refuse(key, expected);
    rotated[layer] = marks[layer] == 1;
  }
  return rotated;
}

void read_smollm3(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config);
  config.tied = fields.boolean_or("tie_word_embeddings", true);
  read_rope(fields, {.default_theta = 2e6}, config);
  config.rotated = rotated_layers(fields, config.layers);
  constexpr std::string_view no_biases = "false (biases are not supported in this family)";
  expect_false(fields, "attention_bias", no_biases);
  expect_false(fields, "mlp_bias", no_biases);
  const bool use = fields.boolean_or("use_sliding_window", false);
  // Where the file lists the kinds of layers, `use_sliding_window` does not matter to the masks.
  const std::int64_t window = fields.integer_or("sliding_window", 0);
  read_windows(fields, window, config, [&](std::int64_t layer) {
    return use && !config.rotated[static_cast<std::size_t>(layer)];
  });
}

std::vector<TensorSpec> smollm3_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

constexpr std::array<FamilyKey, 24> smollm3_keys{{
    {"num_hidden_layers", "36"},
    {"hidden_size", "2048"},
    {"intermediate_size", "11008"},
    {"vocab_size", "128256"},
    {"max_position_embeddings", "32768"},
    {"rms_norm_eps", "1e-6"},
    {"num_attention_heads", "16"},
    {"num_key_value_heads", "4"},
    {"head_dim"},
    {"hidden_act", "\"silu\""},
    {"tie_word_embeddings", "true"},
    {"attention_bias", "false"},
    {"mlp_bias", "false"},
    {"use_sliding_window", "false"},
    {"sliding_window"},
    {"layer_types"},
    {"no_rope_layers"},
    {"no_rope_layer_interval", "4"},
    {"rope_theta", "2000000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
    {"bos_token_id", "128000"},
    {"eos_token_id", "128001"},
}};
constexpr std::array<std::string_view, 1> smollm3_harmless{"max_window_layers"};

}  // namespace

extern const Family smollm3_family{
    .model_type = "smollm3",
    .architecture = "SmolLM3ForCausalLM",
    .text_config = "",
    .read = read_smollm3,
    .tensors = smollm3_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = smollm3_keys,
    .harmless = smollm3_harmless,
};

}  // namespace phiscope::extract
