// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/config.hpp"
#include "files/weights/weights.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
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
  // The projection of a latent model (config.latent) has parts of its own.
  projection_in,         ///< [width, hidden]
  projection_in_bias,    ///< [width]
  projection_out,        ///< [hidden, width]
  projection_out_bias,   ///< [hidden]
  projection_norm,       ///< [hidden]
  projection_norm_bias,  ///< [hidden]
  count,
};

/// A tensor that a model of some configuration consists of, and which weights it holds.
struct TensorSpec {
  std::string name;                  ///< as files usually have it
  std::vector<std::int64_t> shape;   ///< in the files
  std::vector<Part> parts;           ///< one, or several one after another
  std::int64_t layer = -1;           ///< -1: of no layer
  std::int64_t expert = -1;          ///< -1: of no expert
  bool transposed = false;           ///< stored [in, out]
  bool by_head = false;              ///< the parts alternate with every head, not as blocks
  std::vector<std::int64_t> rows{};  ///< of each part along the first axis; empty: equally many
};

/// Every tensor of the model, in the order of the forward pass, under the names its files use.
/// The output matrix is absent when it is tied to the embedding. The projection of a latent model
/// comes last.
[[nodiscard]] std::vector<TensorSpec> expected_tensors(const ModelConfig& config);

/// Elements of all expected tensors together.
/// @throws shard::FormatError if their bytes do not fit into 64 bits
[[nodiscard]] std::uint64_t count_parameters(const ModelConfig& config);

/// The tensors of a model by the names of expected_tensors(), checked against the headers alone:
/// each one present, of the right shape and of a float dtype, and no other tensor in the files.
/// Names may have another prefix, which is that of the stored embedding. The weights of experts may
/// be stacked: see match_tensors(). Buffers that old files carry along and towers for images are
/// left out by name. A stored output matrix of a tied model is left out if its numbers are those of
/// the embedding.
/// @return  views that live as long as `weights`
/// @throws  shard::FormatError naming the tensor, what was found and what is expected
[[nodiscard]] std::map<std::string, TensorView> model_tensors(const ModelConfig& config,
                                                              const Weights& weights);

/// Tensors of files whose names are not those of expected_tensors(), and how to speak of them.
struct NamedTensors {
  std::map<std::string, TensorView> tensors;  ///< a view keeps its name in the files
  /// The name that these files would have for a tensor.
  std::function<std::string(const std::string&)> stored_name;
  std::string_view files = "config.json";  ///< what calls for the tensors
  std::string_view tied_because =
      "as config.json says tie_word_embeddings: set tie_word_embeddings to false if the head was "
      "trained";
};

/// Where a weight is in the slice that one expert has of a stack.
struct StackedPart {
  std::int64_t block = 0;  ///< of the axis `out`: the gate is 0 of 2
  std::int64_t blocks = 1;
  bool transposed = false;  ///< the slice is [in, out]
};

/// What match_tensors() found.
struct MatchedTensors {
  std::map<std::string, TensorView> tensors;  ///< by the names of expected_tensors()
  /// Of the tensors that are slices of stacks: one expert's, under the name of the stack.
  std::map<std::string, StackedPart> stacked;
  std::vector<std::string> left_out;  ///< buffers, towers, a head that is the embedding
  std::vector<Oddity> layout;         ///< an unusual prefix, stacks of experts
};

/// What model_tensors() does, for tensors under other names, with what else was found.
[[nodiscard]] MatchedTensors match_tensors(const ModelConfig& config, const Weights& weights,
                                           const NamedTensors& named);
[[nodiscard]] MatchedTensors match_tensors(const ModelConfig& config, const Weights& weights);

/// Refuses `copy` unless it holds the numbers of `original`, in whatever dtype. @param because  "as
/// ... says ..."
void check_equal_tensors(const Weights& weights, const TensorView& original, const TensorView& copy,
                         std::string_view because);

/// Is it one of F64, F32, BF16 and F16?
[[nodiscard]] bool is_float(TensorDtype dtype);

}  // namespace phiscope::extract
