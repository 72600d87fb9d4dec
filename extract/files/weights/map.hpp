// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace phiscope::extract {

/// The file of each tensor, by the tensor's name.
using WeightMap = std::map<std::string, std::string>;

/// The `weight_map` of a model.safetensors.index.json; every file is a plain name in the directory
/// of the index.
/// @throws shard::FormatError naming the index, the tensor, what was found and what is expected
[[nodiscard]] WeightMap read_weight_map(const std::filesystem::path& index);

/// As read_weight_map(), of the text of the index. @param index  its name, for messages
[[nodiscard]] WeightMap parse_weight_map(std::string_view text, const std::filesystem::path& index);

}  // namespace phiscope::extract
