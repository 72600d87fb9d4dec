// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// One entry of a prompt file: a text or its token ids.
struct Prompt {
  std::string id;                             ///< of the file, or the number of the entry from 0
  std::optional<std::string> text;            ///< `text`, `question` or `problem`, perhaps empty
  std::optional<nlohmann::json> answer;       ///< with a `question` or `problem`, as it is
  std::optional<std::vector<int>> input_ids;  ///< fed as they are; never empty
  nlohmann::json meta = nlohmann::json::object();  ///< `meta`, and every field with no meaning here
};

/// Reads a prompt file, JSON lines or a JSON list of objects: each with one of `input_ids`, `text`,
/// `question`, `problem` (the last two perhaps with an `answer`), and optionally `id`, `unique_id`
/// or `gsm8k_id` (text or integer) and `meta` (an object). So problem files are prompt files. A
/// UTF-8 byte order mark, CRLF and blank lines are fine, see blank_lines_warning(); a field that is
/// null is not there.
/// @throws shard::FormatError with file and line or entry for anything else; for an id that two
///         share; for a file without prompts
[[nodiscard]] std::vector<Prompt> read_prompts(const std::filesystem::path& path);

/// As read_prompts(), of the text of the file. @param path  its name, for messages
[[nodiscard]] std::vector<Prompt> parse_prompts(std::string_view text,
                                                const std::filesystem::path& path);

}  // namespace phiscope::extract
