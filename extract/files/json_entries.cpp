// SPDX-License-Identifier: MIT
#include "files/json_entries.hpp"

#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>

namespace phiscope::extract {

using nlohmann::json;
using shard::FormatError;

std::vector<JsonEntry> json_entries(const std::filesystem::path& file, const std::string& noun) {
  return json_entries(shard::MappedFile(file).text(), file, noun);
}

std::vector<JsonEntry> json_entries(std::string_view text, const std::filesystem::path& file,
                                    const std::string& noun) {
  const std::size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first == std::string_view::npos) {
    throw FormatError(file,
                      "empty, expected a JSON list of " + noun + "s, or one " + noun + " a line");
  }
  std::vector<JsonEntry> entries;
  if (text[first] == '[') {
    json list = shard::parse_json(text, file);
    entries.reserve(list.size());
    for (json& one : list) {
      const std::string where = "entry " + std::to_string(entries.size());
      entries.push_back({.value = std::move(one), .place = file, .where = where});
    }
  } else {
    std::string_view rest = text;
    for (std::size_t line = 1; !rest.empty(); ++line) {
      const std::size_t length = std::min(rest.find('\n'), rest.size());
      const std::string_view one = rest.substr(0, length);
      rest.remove_prefix(std::min(length + 1, rest.size()));
      if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      entries.push_back({.value = shard::parse_json(one, file, line),
                         .place = file.string() + ":" + std::to_string(line),
                         .where = "",
                         .line = line});
    }
  }
  if (entries.empty()) throw FormatError(file, "no " + noun + "s, expected at least one");
  return entries;
}

std::string blank_lines_warning(const std::filesystem::path& file) {
  const shard::MappedFile mapped(file);
  std::string_view rest = mapped.text();
  const std::size_t first = rest.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first == std::string_view::npos || rest[first] == '[') return "";
  std::size_t blank = 0;
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const bool is_blank =
        rest.substr(0, length).find_first_not_of(" \t\r") == std::string_view::npos;
    rest.remove_prefix(std::min(length + 1, rest.size()));
    if (is_blank && !rest.empty()) ++blank;
  }
  if (blank == 0) return "";
  return file.string() + ": " + std::to_string(blank) +
         (blank == 1 ? " blank line skipped" : " blank lines skipped");
}

std::optional<std::string> answer_text(const json& answer) {
  if (answer.is_string()) return answer.get<std::string>();
  if (answer.is_number() || answer.is_boolean()) return answer.dump();
  if (!answer.is_array()) return std::nullopt;
  std::string text;
  for (const json& one : answer) {
    const auto part = one.is_array() ? std::nullopt : answer_text(one);
    if (!part) return std::nullopt;
    text += text.empty() ? "" : ", ";
    text += *part;
  }
  return text;
}

std::string entry_id_key(const JsonFields& fields) {
  for (const std::string_view key : {"id", "unique_id", "gsm8k_id"}) {
    if (fields.has(key)) return std::string(key);
  }
  return "";
}

std::string entry_id(const JsonFields& fields, std::size_t number) {
  const std::string key = entry_id_key(fields);
  if (key.empty()) return std::to_string(number);
  const json& id = fields.value().at(key);
  if (id.is_number_integer()) return id.dump();
  if (!id.is_string()) fields.refuse(key, "a string or an integer");
  return id.get<std::string>();
}

}  // namespace phiscope::extract
