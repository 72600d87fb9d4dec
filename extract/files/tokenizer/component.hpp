// SPDX-License-Identifier: MIT
#pragma once

#include "files/json_fields.hpp"
#include "shard/file/format_error.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

namespace phiscope::extract::tokenizer {

/// Refuses a field that is not in `known`: it could change what the component does.
inline void expect_only(const JsonFields& fields, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : fields.value().items()) {
    if (std::ranges::find(known, key) == known.end() && !value.is_null()) {
      fields.refuse(key, "no such field (not supported)");
    }
  }
}

/// Calls `read` with each object of a list of components.
template <class Read>
void for_each_component(const JsonFields& fields, std::string_view key, Read&& read) {
  std::size_t number = 0;
  for (const nlohmann::json& item : fields.array(key)) {
    read(JsonFields(item, fields.file(), fields.name_of(key) + "[" + std::to_string(number) + "]"));
    ++number;
  }
}

/// The text of `pattern`: {"String": text}, not empty.
inline std::string literal_pattern(const JsonFields& fields) {
  const JsonFields pattern = fields.object("pattern");
  expect_only(pattern, {"String"});
  std::string text = pattern.text("String");
  if (text.empty()) pattern.refuse("String", "a text that is not empty");
  return text;
}

}  // namespace phiscope::extract::tokenizer
