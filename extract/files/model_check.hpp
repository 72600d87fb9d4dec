// SPDX-License-Identifier: MIT
#pragma once

#include "files/weights.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::extract {

/// Reads every tensor once. @throws shard::FormatError naming the first tensor that holds a NaN or
/// an infinity, with its place [i, j].
void check_finite(const std::map<std::string, TensorView>& tensors, const Weights& weights);

/// Index of the first NaN or infinity of a float tensor, or nothing.
[[nodiscard]] std::optional<std::uint64_t> first_nonfinite(const TensorView& tensor);

/// SHA-256 (hex) of config.json, the files of the weights, and of codi.json,
/// generation_config.json, tokenizer.json, tokenizer_config.json, special_tokens_map.json and
/// added_tokens.json where they exist, by file name.
[[nodiscard]] std::map<std::string, std::string> model_digests(
    const std::filesystem::path& directory, const Weights& weights);

/// Revision of a directory inside a Hugging Face cache (.../snapshots/<hash>), else empty.
[[nodiscard]] std::string model_revision(const std::filesystem::path& directory);

}  // namespace phiscope::extract
