// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace phiscope::shard {

class JsonObject;

/// What the runs of a run directory said, `{"key": [...], "text": "..."}` per line.
inline constexpr const char* texts_name = "generated_texts.jsonl";

/// Calls take(where, key, text) for every line of RUN/generated_texts.jsonl; `where` is the file
/// with the number of the line, for messages. Nothing happens without the file.
/// @return  whether there is the file
/// @throws FormatError naming the line: no JSON object with both members; and what `take` throws
bool read_texts(
    const std::filesystem::path& run,
    const std::function<void(const std::filesystem::path& where,
                             const std::vector<std::int64_t>& key, const std::string& text)>& take);

/// Calls take(where, line) for every line of a file of JSON objects, `where` as above. Nothing
/// happens without the file.
/// @return  whether there is the file
/// @throws FormatError naming the line that is no JSON object; and what `take` throws
bool read_lines(
    const std::filesystem::path& file,
    const std::function<void(const std::filesystem::path& where, const JsonObject& line)>& take);

}  // namespace phiscope::shard
