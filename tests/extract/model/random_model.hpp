// SPDX-License-Identifier: MIT
#pragma once

#include "extract/files/tiny_model.hpp"
#include "model_fixture.hpp"
#include "temp_dir.hpp"

#include <random>

namespace phiscope::test {

/// A model of this configuration with normal weights that depend on nothing but their names' order:
/// gains near one, biases of a third, matrices that keep the size of what they multiply.
inline Model random_model(const nlohmann::json& config, at::ScalarType dtype) {
  const TempDir folder;
  write_bytes(folder.path() / "config.json", config.dump());
  TinyTensors tensors;
  std::mt19937_64 random(7);
  std::normal_distribution<float> normal;
  for (const TensorSpec& spec : expected_tensors(read_config(folder.path()))) {
    const auto count =
        std::accumulate(spec.shape.begin(), spec.shape.end(), std::int64_t{1}, std::multiplies<>());
    const bool matrix = spec.shape.size() > 1;
    const bool bias = spec.name.ends_with("bias");
    const float size = matrix ? 1.5F / std::sqrt(static_cast<float>(spec.shape.back())) : 0.3F;
    TinyTensors::Tensor& tensor = tensors.all[spec.name];
    tensor.shape = spec.shape;
    for (std::int64_t i = 0; i < count; ++i) {
      tensor.values.push_back((matrix || bias ? 0.0F : 1.0F) + size * normal(random));
    }
  }
  write_bytes(folder.path() / "model.safetensors", tensors.bytes());
  return load_model(folder.path(), dtype, at::kCPU);  // mapped files outlive their names
}

/// What the configurations below have in common: two layers, 72 tokens, positions for 64 of them.
inline nlohmann::json config_of(const std::string& type, const std::string& architecture,
                                int head_dim, int heads, int kv_heads, int hidden) {
  return {{"model_type", type},
          {"architectures", {architecture}},
          {"vocab_size", 72},
          {"max_position_embeddings", 64},
          {"num_hidden_layers", 2},
          {"hidden_size", hidden},
          {"intermediate_size", hidden + 12},
          {"head_dim", head_dim},
          {"num_attention_heads", heads},
          {"num_key_value_heads", kv_heads},
          {"rms_norm_eps", 1e-6},
          {"rope_theta", 10000.0},
          {"tie_word_embeddings", false},
          {"bos_token_id", 1},
          {"eos_token_id", 2}};
}

/// Three query heads to a key, all tokens visible.
inline nlohmann::json grouped_config(int head_dim, int hidden) {
  nlohmann::json config = config_of("llama", "LlamaForCausalLM", head_dim, 3, 1, hidden);
  config["hidden_act"] = "silu";
  return config;
}

/// Windows in every layer.
inline nlohmann::json window_config(int head_dim, int hidden) {
  nlohmann::json config = config_of("mistral", "MistralForCausalLM", head_dim, 2, 2, hidden);
  config["hidden_act"] = "silu";
  config["sliding_window"] = 6;
  return config;
}

/// Capped scores, and a window in the first layer.
inline nlohmann::json capped_config(int head_dim, int hidden) {
  nlohmann::json config = config_of("gemma2", "Gemma2ForCausalLM", head_dim, 4, 2, hidden);
  config["hidden_activation"] = "gelu_pytorch_tanh";
  config["query_pre_attn_scalar"] = head_dim;
  config["attn_logit_softcapping"] = 3.0;
  config["final_logit_softcapping"] = 5.0;
  config["sliding_window"] = 6;
  config["tie_word_embeddings"] = true;
  return config;
}

/// Without rotary positions a head can have any size; hidden is heads times that.
inline nlohmann::json learned_positions_config(int head_dim, int heads) {
  return {{"model_type", "gpt2"},
          {"architectures", {"GPT2LMHeadModel"}},
          {"vocab_size", 72},
          {"n_positions", 64},
          {"n_layer", 2},
          {"n_embd", heads * head_dim},
          {"n_head", heads},
          {"n_inner", 37},
          {"activation_function", "gelu_new"},
          {"layer_norm_epsilon", 1e-5},
          {"tie_word_embeddings", true},
          {"bos_token_id", 1},
          {"eos_token_id", 2}};
}

}  // namespace phiscope::test
