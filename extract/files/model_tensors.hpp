// SPDX-License-Identifier: MIT
#pragma once

#include "files/config.hpp"
#include "files/weights.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace phiscope::extract {

/// The weights of a forward pass. Matrices are [out, in]; the count is last.
enum class Part {
  embedding,            ///< [vocab, hidden]
  positions,            ///< [max_positions, hidden]
  attention_norm,       ///< [hidden]
  attention_norm_bias,  ///< [hidden]
  query,                ///< [heads * head_dim, hidden]
  query_bias,           ///< [heads * head_dim]
  query_norm,           ///< [head_dim] or [heads * head_dim]
  key,                  ///< [kv_heads * head_dim, hidden]
  key_bias,             ///< [kv_heads * head_dim]
  key_norm,             ///< [head_dim] or [kv_heads * head_dim]
  value,                ///< [kv_heads * head_dim, hidden]
  value_bias,           ///< [kv_heads * head_dim]
  output,               ///< [hidden, heads * head_dim]
  output_bias,          ///< [hidden]
  attention_post_norm,  ///< [hidden]
  mlp_norm,             ///< [hidden]
  mlp_norm_bias,        ///< [hidden]
  router,               ///< [experts, hidden]
  gate,                 ///< [intermediate, hidden]
  up,                   ///< [intermediate, hidden]
  up_bias,              ///< [intermediate]
  down,                 ///< [hidden, intermediate]
  down_bias,            ///< [hidden]
  mlp_post_norm,        ///< [hidden]
  final_norm,           ///< [hidden]
  final_norm_bias,      ///< [hidden]
  head,                 ///< [vocab, hidden]
  count,
};

/// A tensor that a model of some configuration consists of, and which weights it holds.
struct TensorSpec {
  std::string name;                 ///< as files usually have it
  std::vector<std::int64_t> shape;  ///< in the files
  std::vector<Part> parts;          ///< one, or several of equal size one after another
  std::int64_t layer = -1;          ///< -1: of no layer
  std::int64_t expert = -1;         ///< -1: of no expert
  bool transposed = false;          ///< stored [in, out]
  bool by_head = false;             ///< the parts alternate with every head, not as blocks
};

/// Every tensor of the model, in the order of the forward pass, under the names its files use.
/// The output matrix is absent when it is tied to the embedding.
[[nodiscard]] std::vector<TensorSpec> expected_tensors(const ModelConfig& config);

/// Elements of all expected tensors together.
[[nodiscard]] std::uint64_t count_parameters(const ModelConfig& config);

/// The tensors of a model by the names of expected_tensors(), checked against the headers alone:
/// each one present, of the right shape and of a float dtype, and no other tensor in the files.
/// Where a family's files come with different prefixes, that of the stored embedding is taken.
/// Buffers that old files carry along and towers for images are left out by name. A stored output
/// matrix of a tied model is left out if it equals the embedding byte for byte.
/// @return  views that live as long as `weights`
/// @throws  shard::FormatError naming the tensor, what was found and what is expected
[[nodiscard]] std::map<std::string, TensorView> model_tensors(const ModelConfig& config,
                                                              const Weights& weights);

}  // namespace phiscope::extract
