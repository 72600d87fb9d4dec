// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace phiscope::judge {

/// Calls `use` for each line of a JSONL file: the object, and its place "line N" for messages. A
/// file that ends within a line, as a killed program leaves it, is read up to there if
/// `may_be_cut`.
/// @throws shard::FormatError  if the file cannot be read or a line is not one JSON object
void for_each_object(
    const std::filesystem::path& file, bool may_be_cut,
    const std::function<void(const nlohmann::ordered_json&, const std::string&)>& use);

/// As above, of the text of the file.
void for_each_object(
    std::string_view text, const std::filesystem::path& file, bool may_be_cut,
    const std::function<void(const nlohmann::ordered_json&, const std::string&)>& use);

}  // namespace phiscope::judge
