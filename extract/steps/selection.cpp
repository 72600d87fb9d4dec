// SPDX-License-Identifier: MIT
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/text/json_file.hpp"
#include "steps/inputs.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

namespace phiscope::extract {
namespace {

using nlohmann::json;
using shard::FormatError;

constexpr std::array<std::string_view, 4> id_names{"id", "unique_id", "gsm8k_id", "problem_id"};

std::string id_of(const json& entry, const std::filesystem::path& file, std::size_t number) {
  const json* id = &entry;
  if (entry.is_object()) {
    const auto name = std::ranges::find_if(id_names, [&](auto one) { return entry.contains(one); });
    if (name != id_names.end()) id = &entry.at(*name);
  }
  if (id->is_string()) return id->get<std::string>();
  if (id->is_number_integer()) return id->dump();
  throw FormatError(file, "entry " + std::to_string(number) + ": found " +
                              shard::quote_bytes(id->dump(), 40) +
                              ", expected an id, or an object with id, unique_id, gsm8k_id or "
                              "problem_id");
}

/// The entries of the file as JSON: of a list, of the `results` of an object, or of its lines.
std::vector<json> entries_of(const std::filesystem::path& file) {
  const shard::MappedFile mapped(file);
  const std::string_view text = mapped.text();
  const std::size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first == std::string_view::npos) throw FormatError(file, "empty, expected ids");
  const bool is_list = text[first] == '[';
  const std::size_t line_end = std::min(text.find('\n', first), text.size());
  // An object that does not end on its first line is one for the whole file.
  const bool is_object =
      text[first] == '{' && (!json::accept(text.substr(first, line_end - first)) ||
                             text.find_first_not_of(" \t\r\n", line_end) == std::string::npos);
  if (is_list || is_object) {
    json whole = shard::parse_json(text, file);
    if (is_object && whole.contains("results")) whole = whole.at("results");
    if (whole.is_array()) return whole.get<std::vector<json>>();
    return {whole};
  }
  std::vector<json> entries;
  std::string_view rest = text.substr(first);
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const std::string_view padded = rest.substr(0, length);
    rest.remove_prefix(std::min(length + 1, rest.size()));
    const std::size_t begin = padded.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) continue;
    const std::string_view one = padded.substr(begin, padded.find_last_not_of(" \t\r") + 1 - begin);
    entries.push_back(one.front() == '{' ? shard::parse_json(one, file, line) : json(one));
  }
  return entries;
}

}  // namespace

std::vector<std::string> select_problems(const std::filesystem::path& chosen,
                                         const std::filesystem::path& file,
                                         std::vector<Problem>& problems) {
  std::vector<std::string> ids;
  std::unordered_set<std::string> wanted;
  for (const json& entry : entries_of(chosen)) {
    std::string id = id_of(entry, chosen, ids.size());
    if (!wanted.insert(id).second) {
      throw FormatError(chosen, "the id " + shard::quote_bytes(id, 40) + " twice, expected once");
    }
    ids.push_back(std::move(id));
  }
  if (ids.empty()) throw FormatError(chosen, "no ids, expected at least one");
  std::erase_if(problems, [&](const Problem& one) { return !wanted.contains(one.id); });
  std::unordered_set<std::string> found;
  for (const Problem& problem : problems) found.insert(problem.id);
  std::vector<std::string> missing;
  for (const std::string& id : ids) {
    if (!found.contains(id)) missing.push_back(id);
  }
  if (problems.empty()) {
    throw FormatError(chosen, "none of its " + std::to_string(ids.size()) +
                                  " ids (the first: " + shard::quote_bytes(ids.front(), 40) +
                                  ") is in " + shard::path_text(file));
  }
  return missing;
}

}  // namespace phiscope::extract
