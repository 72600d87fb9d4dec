// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/tensors.hpp"

#include <array>
#include <string_view>

namespace phiscope::extract {

inline constexpr std::array<std::string_view, 1> llama_prefixes{"model."};
inline constexpr std::string_view llama_embedding = "embed_tokens.weight";
inline constexpr std::string_view llama_output = "lm_head.weight";

/// Names in which a family departs from Llama.
struct LlamaNames {
  std::string_view output = llama_output;
  bool fused = false;  ///< query, key and value in one qkv_proj, gate and up in one gate_up_proj
  std::string_view routed = "mlp.";  ///< what the names of a router and its experts begin with
  std::string_view expert_gate = "gate_proj.weight";
  std::string_view expert_up = "up_proj.weight";
  std::string_view expert_down = "down_proj.weight";
};

/// Tensors under the names that Llama introduced and many families took over; which of them there
/// are follows from the configuration: biases, norms of queries and keys, norms before and after
/// attention and MLP, experts, an output matrix.
[[nodiscard]] std::vector<TensorSpec> llama_layout(const ModelConfig& config,
                                                   const LlamaNames& names = {});

/// Frequencies that files written before 2023 store although they follow from the configuration.
[[nodiscard]] bool is_rotary_buffer(std::string_view tensor);

}  // namespace phiscope::extract
