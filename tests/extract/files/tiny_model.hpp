// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace phiscope::test {

/// A file of these bytes.
inline void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

/// A safetensors file: the length of `header`, `header` itself, `data`.
inline std::string safetensors_bytes(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

/// The bytes of some numbers.
template <class T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// float32 tensors of a model directory under construction.
struct TinyTensors {
  struct Tensor {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
  };
  std::map<std::string, Tensor> all;

  /// A tensor whose elements are multiples of 1/8, distinct from tensor to tensor.
  void add(const std::string& name, const std::vector<std::int64_t>& shape) {
    std::int64_t count = 1;
    for (const std::int64_t n : shape) count *= n;
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) {
      values.push_back(static_cast<float>(i + static_cast<std::int64_t>(all.size())) / 8.0F);
    }
    all[name] = {shape, values};
  }

  [[nodiscard]] std::string bytes() const {
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    std::string data;
    for (const auto& [name, tensor] : all) {
      const std::string part = bytes_of(tensor.values);
      header[name] = {{"dtype", "F32"},
                      {"shape", tensor.shape},
                      {"data_offsets", {data.size(), data.size() + part.size()}}};
      data += part;
    }
    return safetensors_bytes(header.dump(), data);
  }
};

/// Configuration of a Llama model of one layer: hidden 4, 2 heads of 2, 1 key head, 10 tokens.
inline nlohmann::json tiny_config() {
  return {{"architectures", {"LlamaForCausalLM"}},
          {"model_type", "llama"},
          {"hidden_size", 4},
          {"intermediate_size", 8},
          {"num_hidden_layers", 1},
          {"num_attention_heads", 2},
          {"num_key_value_heads", 1},
          {"vocab_size", 10},
          {"max_position_embeddings", 64},
          {"rms_norm_eps", 1e-5},
          {"rope_theta", 10000.0},
          {"hidden_act", "silu"},
          {"tie_word_embeddings", false},
          {"torch_dtype", "float32"},
          {"bos_token_id", 1},
          {"eos_token_id", 2}};
}

/// The tensors that tiny_config() calls for.
inline TinyTensors tiny_tensors() {
  TinyTensors tensors;
  tensors.add("model.embed_tokens.weight", {10, 4});
  const std::string layer = "model.layers.0.";
  tensors.add(layer + "input_layernorm.weight", {4});
  tensors.add(layer + "self_attn.q_proj.weight", {4, 4});
  tensors.add(layer + "self_attn.k_proj.weight", {2, 4});
  tensors.add(layer + "self_attn.v_proj.weight", {2, 4});
  tensors.add(layer + "self_attn.o_proj.weight", {4, 4});
  tensors.add(layer + "post_attention_layernorm.weight", {4});
  tensors.add(layer + "mlp.gate_proj.weight", {8, 4});
  tensors.add(layer + "mlp.up_proj.weight", {8, 4});
  tensors.add(layer + "mlp.down_proj.weight", {4, 8});
  tensors.add("model.norm.weight", {4});
  tensors.add("lm_head.weight", {10, 4});
  return tensors;
}

/// Writes a complete model directory.
inline void write_model(const std::filesystem::path& directory, const nlohmann::json& config,
                        const TinyTensors& tensors) {
  write_bytes(directory / "config.json", config.dump());
  write_bytes(directory / "model.safetensors", tensors.bytes());
}

/// what() of the exception that `action` throws, or "accepted".
template <class Action>
std::string refusal(Action&& action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace phiscope::test
