// SPDX-License-Identifier: MIT
#pragma once

#include "files/model_tensors.hpp"

#include <array>
#include <string_view>

namespace phiscope::extract {

/// Tensors under the names that Llama introduced and many families took over; which of them there
/// are follows from the configuration: biases, norms of queries and keys, norms before and after
/// attention and MLP, experts, an output matrix `output`.
[[nodiscard]] std::vector<TensorSpec> llama_layout(const ModelConfig& config,
                                                   std::string_view output = "lm_head.weight");

/// Frequencies that files written before 2023 store although they follow from the configuration.
[[nodiscard]] bool is_rotary_buffer(std::string_view tensor);

inline constexpr std::array<std::string_view, 1> llama_prefixes{"model."};
inline constexpr std::string_view llama_embedding = "embed_tokens.weight";
inline constexpr std::string_view llama_output = "lm_head.weight";

}  // namespace phiscope::extract
