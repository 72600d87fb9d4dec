// SPDX-License-Identifier: MIT
#include "files/prompts.hpp"

#include "files/json_fields.hpp"
#include "shard/format_error.hpp"
#include "shard/json_file.hpp"
#include "shard/mapped_file.hpp"

#include <array>
#include <unordered_map>

namespace phiscope::extract {

namespace fs = std::filesystem;
using nlohmann::json;
using shard::FormatError;
using shard::quote_bytes;

namespace {

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

std::string read_id(const JsonFields& fields, std::size_t line) {
  if (!fields.has("id")) return std::to_string(line);
  const json& id = fields.value().at("id");
  if (id.is_number_integer()) return id.dump();
  if (!id.is_string()) fields.refuse("id", "a string or an integer");
  return id.get<std::string>();
}

/// @param line  number of the line from 0; @param fields  its object, whose path names the line
Prompt read_prompt(const JsonFields& fields, std::size_t line) {
  std::string given;
  for (const std::string_view key : {"input_ids", "text", "question"}) {
    if (!fields.has(key)) continue;
    if (!given.empty()) {
      throw FormatError(fields.file(), "both `" + given + "` and `" + std::string(key) +
                                           "`, expected one of input_ids, text, question");
    }
    given = key;
  }
  if (given.empty()) {
    throw FormatError(fields.file(), "no prompt, expected a field input_ids, text or question");
  }
  Prompt prompt;
  prompt.id = read_id(fields, line);
  if (given == "input_ids") {
    prompt.input_ids = read_ids(fields);
  } else {
    prompt.text = fields.text(given);
  }
  if (fields.has("meta")) prompt.meta = fields.object("meta").value();
  constexpr std::array<std::string_view, 5> own{"input_ids", "text", "question", "id", "meta"};
  for (const auto& [key, value] : fields.value().items()) {
    if (std::ranges::find(own, key) != own.end()) continue;
    if (key == "answer" && given == "question") {
      prompt.answer = fields.text(key);
      continue;
    }
    if (!prompt.meta.emplace(key, value).second) {
      fields.refuse(key, "a field that meta does not have as well");
    }
  }
  return prompt;
}

}  // namespace

std::vector<Prompt> read_prompts(const fs::path& path) {
  const shard::MappedFile file(path);
  std::string_view rest = file.text();
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (rest.starts_with(byte_order_mark)) rest.remove_prefix(byte_order_mark.size());

  std::vector<Prompt> prompts;
  std::unordered_map<std::string, std::size_t> line_of_id;
  for (std::size_t line = 0; !rest.empty(); ++line) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const std::string_view text = rest.substr(0, length);
    rest.remove_prefix(std::min(length + 1, rest.size()));
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) {
      if (rest.empty() && !prompts.empty()) break;  // one blank line may end the file
      throw FormatError(path, "line " + std::to_string(line + 1) + ": empty, expected a prompt");
    }
    // The path in messages carries the line: "prompts.jsonl:3: text is 5, expected a string".
    const fs::path place = path.string() + ":" + std::to_string(line + 1);
    if (text.starts_with(byte_order_mark)) {
      throw FormatError(place, "a second byte order mark, expected a JSON object");
    }
    const json value = shard::parse_json(text, path, line + 1);
    prompts.push_back(read_prompt(JsonFields(value, place, ""), line));
    const auto [first, is_new] = line_of_id.emplace(prompts.back().id, line);
    if (!is_new) {
      throw FormatError(place, "duplicate id " + quote_bytes(prompts.back().id) +
                                   ", expected another than that of line " +
                                   std::to_string(first->second + 1));
    }
  }
  if (prompts.empty()) throw FormatError(path, "empty, expected at least one prompt");
  return prompts;
}

}  // namespace phiscope::extract
