// SPDX-License-Identifier: MIT
#include "files/json_entries.hpp"

#include "shard/format_error.hpp"
#include "shard/json_file.hpp"
#include "shard/mapped_file.hpp"

#include <algorithm>

namespace phiscope::extract {

using nlohmann::json;
using shard::FormatError;

std::vector<JsonEntry> json_entries(const std::filesystem::path& file, const std::string& noun) {
  const shard::MappedFile mapped(file);
  const std::string_view text = mapped.text();
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
                         .where = ""});
    }
  }
  if (entries.empty()) throw FormatError(file, "no " + noun + "s, expected at least one");
  return entries;
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
