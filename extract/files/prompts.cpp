// SPDX-License-Identifier: MIT
#include "files/prompts.hpp"

#include "files/json_entries.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/text/json_file.hpp"

#include <unordered_map>

namespace phiscope::extract {

namespace fs = std::filesystem;
using nlohmann::json;
using shard::FormatError;
using shard::quote_bytes;

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::vector<int> read_ids(const JsonFields& fields) {
  constexpr std::string_view expected = "a list of token ids (integers >= 0), at least one";
  const json& list = fields.at("input_ids", expected);
  if (!list.is_array() || list.empty()) fields.refuse("input_ids", expected);
  std::vector<int> ids;
  for (const json& value : list) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > 0x7FFFFFFFU) {
      fields.refuse("input_ids", expected);
    }
    ids.push_back(value.get<int>());
  }
  return ids;
}

constexpr std::string_view kinds = "input_ids, text, question, problem";

/// @param number  of the entry from 0; @param fields  its object, whose errors name the place
Prompt read_prompt(const JsonFields& fields, std::size_t number) {
  std::string given;
  for (const std::string_view key : {"input_ids", "text", "question", "problem"}) {
    if (!fields.has(key)) continue;
    if (!given.empty()) {
      throw FormatError(fields.file(), "both `" + given + "` and `" + std::string(key) +
                                           "`, expected one of " + std::string(kinds));
    }
    given = key;
  }
  if (given.empty()) {
    throw FormatError(fields.file(), "no prompt, expected one of the fields " + std::string(kinds));
  }
  Prompt prompt;
  const std::string id_key = entry_id_key(fields);
  prompt.id = entry_id(fields, number);
  if (given == "input_ids") {
    prompt.input_ids = read_ids(fields);
  } else {
    prompt.text = fields.text(given);
  }
  if (fields.has("meta")) prompt.meta = fields.object("meta").value();
  const bool asks = given == "question" || given == "problem";
  for (const auto& [key, value] : fields.value().items()) {
    if (key == given || key == id_key || key == "meta" || value.is_null()) continue;
    if (key == "answer" && asks) {
      prompt.answer = value;
      continue;
    }
    if (!prompt.meta.emplace(key, value).second) {
      fields.refuse(key, "a field that meta does not have as well");
    }
  }
  return prompt;
}

/// The entries of a file in JSON lines.
std::vector<JsonEntry> prompt_lines(const fs::path& path, std::string_view rest) {
  std::vector<JsonEntry> entries;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const std::string_view text = rest.substr(0, length);
    rest.remove_prefix(std::min(length + 1, rest.size()));
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    // The path in messages carries the line: "prompts.jsonl:3: text is 5, expected a string".
    const fs::path place = path.string() + ":" + std::to_string(line);
    if (text.starts_with(byte_order_mark)) {
      throw FormatError(place, "a second byte order mark, expected a JSON object");
    }
    entries.push_back(
        {.value = shard::parse_json(text, path, line), .place = place, .where = "", .line = line});
  }
  return entries;
}

}  // namespace

std::vector<Prompt> read_prompts(const fs::path& path) {
  return parse_prompts(shard::MappedFile(path).text(), path);
}

std::vector<Prompt> parse_prompts(std::string_view text, const fs::path& path) {
  std::string_view rest = text;
  if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());
  const std::size_t first = rest.find_first_not_of(" \t\r\n");
  const bool is_list = first != std::string_view::npos && rest[first] == '[';
  const std::vector<JsonEntry> entries =
      is_list ? json_entries(text, path, "prompt") : prompt_lines(path, rest);
  std::vector<Prompt> prompts;
  prompts.reserve(entries.size());
  std::unordered_map<std::string, std::size_t> number_of_id;
  for (std::size_t number = 0; number < entries.size(); ++number) {
    prompts.push_back(read_prompt(entries[number].fields(), number));
    const auto [earlier, is_new] = number_of_id.emplace(prompts.back().id, number);
    if (is_new) continue;
    const std::string other = is_list ? "entry " + std::to_string(earlier->second)
                                      : "line " + std::to_string(entries[earlier->second].line);
    std::string message = is_list ? entries[number].where + ": " : "";
    message += "duplicate id " + quote_bytes(prompts.back().id);
    message += ", expected another than that of ";
    message += other;
    throw FormatError(entries[number].place, message);
  }
  if (prompts.empty()) throw FormatError(path, "empty, expected at least one prompt");
  return prompts;
}

}  // namespace phiscope::extract
