// SPDX-License-Identifier: MIT
#pragma once

#include "files/family/config_keys.hpp"
#include "files/json_fields.hpp"
#include "files/model/config.hpp"
#include "files/model/tensors.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// What is particular to a family of models: one file each (llama.cpp, ...) and one line in
/// families().
struct Family {
  std::string_view model_type;    ///< as in config.json
  std::string_view architecture;  ///< the one entry of "architectures"
  /// Object of config.json that describes the language model; empty: the file itself does.
  std::string_view text_config;
  /// Fills a configuration from that object; family, architecture, dtype, bos and eos are read for
  /// all families alike.
  void (*read)(const JsonFields& fields, ModelConfig& config);
  /// The tensors; names without the prefix.
  std::vector<TensorSpec> (*tensors)(const ModelConfig& config);
  /// What the names of the body's tensors may begin with; the first is the usual one.
  std::span<const std::string_view> prefixes;
  /// The embedding without the prefix, and the output matrix, which has none.
  std::string_view embedding;
  std::string_view output;
  /// Is this stored tensor one that the language model does not need?
  bool (*ignored)(std::string_view tensor);
  /// The keys that `read` reads, with their defaults.
  std::span<const FamilyKey> keys{};
  /// Keys in circulation that change no number of this family, beside those of all families.
  std::span<const std::string_view> harmless{};
  /// Keys around `text_config` that do not concern the language model.
  std::span<const std::string_view> outer{};
};

/// All supported families, by name.
[[nodiscard]] std::span<const Family* const> families();
/// The family of a configuration that read_config() made. @throws std::invalid_argument otherwise
[[nodiscard]] const Family& family_of(const ModelConfig& config);

}  // namespace phiscope::extract
