// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// How rotation frequencies are scaled for contexts longer than the trained one.
enum class RopeType {
  plain,   ///< "default": not at all
  linear,  ///< positions divided by `factor`
  llama3,  ///< low frequencies divided by `factor`, a smooth passage up to the high ones
};
[[nodiscard]] std::string_view name_of(RopeType type);  ///< as in config.json: "default"

/// Rotary position embedding; the last four fields have a meaning only for the types that use them.
struct RopeParameters {
  RopeType type = RopeType::plain;
  double theta = 10000.0;                   ///< base of the frequencies, > 0
  double factor = 1.0;                      ///< linear, llama3: >= 1
  double low_freq_factor = 1.0;             ///< llama3: > 0
  double high_freq_factor = 4.0;            ///< llama3: > low_freq_factor
  std::int64_t original_max_positions = 0;  ///< llama3: trained context in tokens
};

/// The shape of a model: the numbers of config.json under one name each, whatever its dialect.
struct ModelConfig {
  std::string family;        ///< model_type of config.json: "llama"
  std::string architecture;  ///< "LlamaForCausalLM"
  std::int64_t layers = 0;
  std::int64_t heads = 0;     ///< query heads
  std::int64_t kv_heads = 0;  ///< divides heads
  std::int64_t head_dim = 0;  ///< even; heads * head_dim need not be hidden
  std::int64_t hidden = 0;
  std::int64_t intermediate = 0;   ///< width of the MLP
  std::int64_t vocab = 0;          ///< rows of the embedding
  std::int64_t max_positions = 0;  ///< longest context in tokens
  double rms_eps = 0.0;
  RopeParameters rope;
  bool tied = false;            ///< the embedding is the output matrix as well
  bool attention_bias = false;  ///< q, k, v and o have biases
  bool mlp_bias = false;
  std::string dtype;                ///< "float32", ...; empty when the file says nothing
  std::optional<std::int64_t> bos;  ///< first token of a text, where the model has one
  std::vector<std::int64_t> eos;    ///< tokens that end a generation; perhaps none
};

/// Reads DIRECTORY/config.json in either dialect (published files, transformers 5) and the end
/// tokens of generation_config.json, which win where that file has some.
/// @throws shard::FormatError naming file, key, what was found and what is expected; an unknown
/// model
///         type is refused by name with the list of supported ones
[[nodiscard]] ModelConfig read_config(const std::filesystem::path& directory);

/// Rows of the embedding according to DIRECTORY/config.json, whatever the family; nothing without
/// the file. @throws shard::FormatError if the file is malformed
[[nodiscard]] std::optional<std::int64_t> read_vocab_size(const std::filesystem::path& directory);

/// Name and shape of a tensor that a model of some configuration consists of.
struct TensorSpec {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// Every tensor of the model, in the order of the forward pass, under the names its files use.
/// The output matrix is absent when it is tied to the embedding.
[[nodiscard]] std::vector<TensorSpec> expected_tensors(const ModelConfig& config);

/// Elements of all expected tensors together.
[[nodiscard]] std::uint64_t count_parameters(const ModelConfig& config);

}  // namespace phiscope::extract
