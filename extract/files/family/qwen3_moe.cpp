// SPDX-License-Identifier: MIT
// Qwen3-MoE: Qwen3 whose MLPs are experts, in all layers but some.
#include "files/family/family.hpp"
#include "files/family/fields.hpp"
#include "files/family/llama_layout.hpp"

#include <array>

namespace phiscope::extract {

namespace {

/// Layers whose MLP is dense by name.
void read_dense_layers(const JsonFields& fields, std::vector<bool>& routed) {
  if (!fields.has("mlp_only_layers")) return;
  for (const auto& entry : fields.array("mlp_only_layers")) {
    if (!entry.is_number_unsigned() || entry.get<std::uint64_t>() >= routed.size()) {
      fields.refuse("mlp_only_layers", "layers below num_hidden_layers");
    }
    routed[entry.get<std::size_t>()] = false;
  }
}

void read_qwen3_moe(const JsonFields& fields, ModelConfig& config) {
  read_llama_sizes(fields, config);
  read_rope(fields, {}, config);
  config.qk_norm = QkNorm::head;
  expect_false(fields, "attention_bias", "false (biases are not supported in this family)");
  config.experts = read_experts(fields, fields.integer("moe_intermediate_size"), config.layers);
  const std::int64_t step = fields.integer_or("decoder_sparse_step", 1);
  std::vector<bool>& routed = config.experts->layers;
  for (std::size_t layer = 0; layer < routed.size(); ++layer) {
    routed[layer] = (static_cast<std::int64_t>(layer) + 1) % step == 0;
  }
  read_dense_layers(fields, routed);
  const bool use = fields.boolean_or("use_sliding_window", false);
  const std::int64_t window = use ? fields.integer_or("sliding_window", 0) : 0;
  read_windows(fields, window, config, [](std::int64_t) { return true; });
}

std::vector<TensorSpec> qwen3_moe_tensors(const ModelConfig& config) {
  return llama_layout(config);
}

constexpr std::array<FamilyKey, 26> qwen3_moe_keys{{
    {"num_hidden_layers", "24"},
    {"hidden_size", "2048"},
    {"intermediate_size", "6144"},
    {"vocab_size", "151936"},
    {"max_position_embeddings", "32768"},
    {"rms_norm_eps", "1e-6"},
    {"num_attention_heads", "32"},
    {"num_key_value_heads", "4"},
    {"head_dim"},
    {"attention_bias", "false"},
    {"hidden_act", "\"silu\""},
    {"tie_word_embeddings", "false"},
    {"use_sliding_window", "false"},
    {"sliding_window", "4096"},
    {"layer_types"},
    {"num_experts", "128", {"num_local_experts"}},
    {"num_local_experts"},
    {"num_experts_per_tok", "8"},
    {"moe_intermediate_size", "768"},
    {"norm_topk_prob", "false"},
    {"decoder_sparse_step", "1"},
    {"mlp_only_layers"},
    {"rope_theta", "10000.0", {"rope_parameters", "rope_scaling"}},
    {"rope_scaling"},
    {"rope_parameters"},
    {"partial_rotary_factor"},
}};
constexpr std::array<std::string_view, 1> qwen3_moe_harmless{"max_window_layers"};

}  // namespace

extern const Family qwen3_moe_family{
    .model_type = "qwen3_moe",
    .architecture = "Qwen3MoeForCausalLM",
    .text_config = "",
    .read = read_qwen3_moe,
    .tensors = qwen3_moe_tensors,
    .prefixes = llama_prefixes,
    .embedding = llama_embedding,
    .output = llama_output,
    .ignored = is_rotary_buffer,
    .keys = qwen3_moe_keys,
    .harmless = qwen3_moe_harmless,
};

}  // namespace phiscope::extract
