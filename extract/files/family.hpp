// SPDX-License-Identifier: MIT
#pragma once

#include "files/config.hpp"
#include "files/json_fields.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// What is particular to a family of models: one file each (llama_family.cpp, ...) and one line in
/// families().
struct Family {
  std::string_view model_type;    ///< as in config.json
  std::string_view architecture;  ///< the one entry of "architectures"
  /// Fills a configuration from the fields of config.json; family, architecture, dtype, bos and eos
  /// are read for all families alike.
  void (*read)(const JsonFields& fields, ModelConfig& config);
  std::vector<TensorSpec> (*tensors)(const ModelConfig& config);
  /// The tensor an output matrix of a tied model must equal, and the matrix's own name.
  std::string_view embedding;
  std::string_view output;
  /// Is this stored tensor a buffer that the model does not need?
  bool (*ignored)(std::string_view tensor);
};

extern const Family llama_family;

/// All supported families, by name.
[[nodiscard]] std::span<const Family* const> families();
/// The family of a configuration that read_config() made. @throws std::invalid_argument otherwise
[[nodiscard]] const Family& family_of(const ModelConfig& config);

/// Rotary embedding of either dialect: `rope_parameters`, or `rope_theta` with `rope_scaling`.
/// @param theta  base where the file names none
[[nodiscard]] RopeParameters read_rope(const JsonFields& fields, double theta);

/// Heads and their size; kv_heads and head_dim have defaults as in Hugging Face's files.
void read_heads(const JsonFields& fields, ModelConfig& config);

/// @throws shard::FormatError unless `key` is absent or one of `supported`
void expect_one_of(const JsonFields& fields, std::string_view key,
                   std::span<const std::string_view> supported);

}  // namespace phiscope::extract
