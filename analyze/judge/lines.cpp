// SPDX-License-Identifier: MIT
#include "judge/lines.hpp"

#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/text/json_file.hpp"

#include <string_view>

namespace phiscope::judge {

void for_each_object(
    const std::filesystem::path& file, bool may_be_cut,
    const std::function<void(const nlohmann::ordered_json&, const std::string&)>& use) {
  for_each_object(shard::MappedFile(file).text(), file, may_be_cut, use);
}

void for_each_object(
    std::string_view text, const std::filesystem::path& file, bool may_be_cut,
    const std::function<void(const nlohmann::ordered_json&, const std::string&)>& use) {
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos && may_be_cut) return;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const nlohmann::ordered_json object = shard::parse_ordered_json(line, file, number);
    const std::string place = "line " + std::to_string(number);
    if (!object.is_object()) {
      throw shard::FormatError(file, place + ": found no object, expected one on each line");
    }
    use(object, place);
  }
}

}  // namespace phiscope::judge
