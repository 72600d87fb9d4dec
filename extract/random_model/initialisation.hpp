// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/tensors.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::extract {

/// How a tensor of an untrained model is filled.
struct Fill {
  TensorSpec spec;
  double deviation = 0.0;  ///< of the normal distribution around 0; 0: every element is `constant`
  double constant = 0.0;
  std::optional<std::int64_t> zero_row{};  ///< of an embedding: the padding token's, which is zero

  [[nodiscard]] std::uint64_t elements() const;
};

/// What an untrained model of a configuration consists of.
struct Initialisation {
  /// In the order of expected_tensors(). Their bytes together fit 64 bits, in any dtype, as
  /// count_parameters() demands.
  std::vector<Fill> tensors;
  double range = 0.0;  ///< standard deviation of embeddings and matrices
  std::string dtype;   ///< "float32", "bfloat16", "float16" or "float64"
  std::string rule;    ///< all of this in words
};

/// The initialisation of transformers for the families: embeddings and matrices are normal with
/// standard deviation `initializer_range` (0.02 where config.json has none), of GPT-2 those that
/// write into the residual stream with 1 / sqrt(2 layers) of it; norms are 1, or 0 where the weight
/// is added to 1 (Gemma); biases 0. The embedding of the padding token is 0, except in GPT-2 and
/// GPT-NeoX, whose embeddings know none. A missing dtype is float32.
/// @throws shard::FormatError naming what is wrong with config.json
[[nodiscard]] Initialisation initialisation_of(const std::filesystem::path& directory);

}  // namespace phiscope::extract
