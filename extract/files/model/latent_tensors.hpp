// SPDX-License-Identifier: MIT
#pragma once

#include "files/model/tensors.hpp"
#include "files/weights/lora_merge.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace phiscope::extract {

/// The tensors of a model, and what beside them a latent model's files hold.
struct LatentTensors {
  /// By the names of expected_tensors(); of a weight that has a LoRA the base.
  std::map<std::string, TensorView> tensors;
  std::map<std::string, LoraFactors> lora;  ///< by the same names
  /// Which tensors are parts of stacked experts, see MatchedTensors.
  std::map<std::string, StackedPart> stacked{};
  /// How many tensors were left out, by name, or by group: "decoder.*".
  std::map<std::string, std::int64_t> left_out;
  std::vector<Oddity> layout{};  ///< see MatchedTensors

  /// Every stored tensor that counts; a slice of a stack by its usual name, others by their own.
  [[nodiscard]] std::map<std::string, TensorView> stored() const;
};

/// As model_tensors(), for a model with config.latent whose files use the names of the training
/// code, or those of a Hugging Face directory once everything is merged. The head must equal the
/// embedding byte for byte; shapes of LoRA are checked; nothing else may be left over.
/// @throws shard::FormatError naming the tensor, what was found and what is expected
[[nodiscard]] LatentTensors latent_tensors(const ModelConfig& config, const Weights& weights);

/// latent_tensors() or, for a model without config.latent, model_tensors().
[[nodiscard]] LatentTensors all_tensors(const ModelConfig& config, const Weights& weights);

/// Rows of the embedding in the files of a latent model.
/// @throws shard::FormatError if there is no embedding, or it is no matrix
[[nodiscard]] std::int64_t latent_embedding_rows(const ModelConfig& config, const Weights& weights);

}  // namespace phiscope::extract
