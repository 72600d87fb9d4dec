// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::extract {

/// One line of a prompt file: a text or its token ids.
struct Prompt {
  std::string id;                             ///< of the file, or the number of the line from 0
  std::optional<std::string> text;            ///< `text` or `question`, perhaps empty
  std::optional<std::string> answer;          ///< with a `question`
  std::optional<std::vector<int>> input_ids;  ///< fed as they are; never empty
  nlohmann::json meta = nlohmann::json::object();  ///< `meta`, and every field with no meaning here
};

/// Reads a prompt file: JSONL, each line an object with one of `input_ids`, `text`, `question`
/// (+ `answer`), and optionally `id` (text or integer) and `meta` (an object). A UTF-8 byte order
/// mark, CRLF and a blank last line are fine.
/// @throws shard::FormatError with file and line for anything else; for an id that two lines share;
/// for
///         a file without prompts
[[nodiscard]] std::vector<Prompt> read_prompts(const std::filesystem::path& path);

}  // namespace phiscope::extract
