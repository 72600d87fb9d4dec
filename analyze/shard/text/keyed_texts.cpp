// SPDX-License-Identifier: MIT
#include "shard/text/keyed_texts.hpp"

#include "shard/file/mapped_file.hpp"
#include "shard/text/json_file.hpp"
#include "shard/text/json_object.hpp"

#include <algorithm>
#include <string_view>

namespace phiscope::shard {

bool read_lines(
    const std::filesystem::path& file,
    const std::function<void(const std::filesystem::path& where, const JsonObject& line)>& take) {
  if (!std::filesystem::exists(file)) return false;
  const MappedFile mapped(file);
  std::string_view rest = mapped.text();
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const std::string_view one = rest.substr(0, length);
    rest.remove_prefix(std::min(length + 1, rest.size()));
    // JsonObject keeps a reference to the path, which names the line in messages.
    const std::filesystem::path where = file.string() + ":" + std::to_string(line);
    const auto value = parse_ordered_json(one, file, line);
    take(where, JsonObject(value, "", where));
  }
  return true;
}

bool read_texts(const std::filesystem::path& run,
                const std::function<void(const std::filesystem::path& where,
                                         const std::vector<std::int64_t>& key,
                                         const std::string& text)>& take) {
  return read_lines(run / texts_name,
                    [&take](const std::filesystem::path& where, const JsonObject& line) {
                      take(where, line.integers("key"), line.text("text"));
                    });
}

}  // namespace phiscope::shard
