// SPDX-License-Identifier: MIT
#pragma once

#include "files/json_fields.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// One entry of a file, and where it is in it.
struct JsonEntry {
  nlohmann::json value;
  std::filesystem::path place;  ///< the file, with ":3" for its third line
  std::string where;            ///< "entry 2" of a list, counted from 0; empty for a line
  std::size_t line = 0;         ///< from 1; 0 in a list
  /// Its fields, whose errors name the place. @throws shard::FormatError if it is no object
  [[nodiscard]] JsonFields fields() const { return {value, place, where}; }
};

/// The entries of a JSON list, or of JSON lines, whichever the file holds; blank lines are skipped.
/// @param noun  what an entry is: "pair"
/// @throws shard::FormatError for bad JSON, and for a file without an entry
[[nodiscard]] std::vector<JsonEntry> json_entries(const std::filesystem::path& file,
                                                  const std::string& noun);

/// As above, of the text of the file.
[[nodiscard]] std::vector<JsonEntry> json_entries(std::string_view text,
                                                  const std::filesystem::path& file,
                                                  const std::string& noun);

/// "FILE: 2 blank lines skipped" for JSON lines with blank ones, empty without; one that ends the
/// file does not count. What a program says before it reads the entries.
[[nodiscard]] std::string blank_lines_warning(const std::filesystem::path& file);

/// An answer as text: a text as it is, a number or truth value as JSON writes it, a list as its
/// members with ", " between them; nothing for anything else.
[[nodiscard]] std::optional<std::string> answer_text(const nlohmann::json& answer);

/// The field that holds the id of a prompt or problem: `id`, `unique_id`, `gsm8k_id`, the first
/// that there is; empty where there is none.
[[nodiscard]] std::string entry_id_key(const JsonFields& fields);

/// That id, a text or an integer, else the number of the entry.
/// @throws shard::FormatError for anything else
[[nodiscard]] std::string entry_id(const JsonFields& fields, std::size_t number);

}  // namespace phiscope::extract
