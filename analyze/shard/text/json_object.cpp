// SPDX-License-Identifier: MIT
#include "shard/text/json_object.hpp"

#include "shard/file/format_error.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace phiscope::shard {

namespace {
using Json = nlohmann::ordered_json;
}  // namespace

std::string brief(const Json& value) {
  constexpr std::size_t limit = 60;
  if (value.is_structured() && value.size() > limit) {
    return (value.is_array() ? "a list of " : "an object of ") + std::to_string(value.size());
  }
  const std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= limit ? text : text.substr(0, limit) + "...";
}

JsonObject::JsonObject(const Json& value, std::string where, const std::filesystem::path& file)
    : value_(value), where_(std::move(where)), file_(file) {
  if (!value.is_object()) {
    throw FormatError(file, (where_.empty() ? "content" : where_) + " is " + brief(value) +
                                ", expected an object");
  }
}

std::string JsonObject::place(std::string_view name) const {
  return (where_.empty() ? "" : where_ + ".") + std::string(name);
}

void JsonObject::refuse(std::string_view name, std::string_view expected) const {
  throw FormatError(
      file_, place(name) + " is " + brief(member(name)) + ", expected " + std::string(expected));
}

const Json& JsonObject::member(std::string_view name) const {
  const auto found = value_.find(name);
  if (found == value_.end()) throw FormatError(file_, place(name) + " is missing");
  return *found;
}

std::string JsonObject::text(std::string_view name) const {
  const Json& value = member(name);
  if (!value.is_string()) refuse(name, "a string");
  return value.get<std::string>();
}

std::uint64_t JsonObject::count(std::string_view name) const {
  const Json& value = member(name);
  if (!value.is_number_unsigned()) refuse(name, "an integer that is not negative");
  return value.get<std::uint64_t>();
}

const Json& JsonObject::list(std::string_view name, std::string_view expected) const {
  const Json& value = member(name);
  if (!value.is_array()) refuse(name, expected);
  return value;
}

std::vector<std::string> JsonObject::texts(std::string_view name) const {
  constexpr std::string_view expected = "a list of strings";
  std::vector<std::string> values;
  for (const Json& value : list(name, expected)) {
    if (!value.is_string()) refuse(name, expected);
    values.push_back(value.get<std::string>());
  }
  return values;
}

std::vector<std::uint64_t> JsonObject::counts(std::string_view name) const {
  constexpr std::string_view expected = "a list of integers that are not negative";
  std::vector<std::uint64_t> values;
  for (const Json& value : list(name, expected)) {
    if (!value.is_number_unsigned()) refuse(name, expected);
    values.push_back(value.get<std::uint64_t>());
  }
  return values;
}

std::vector<std::int64_t> JsonObject::integers(std::string_view name) const {
  constexpr std::string_view expected = "a list of integers";
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::vector<std::int64_t> values;
  for (const Json& value : list(name, expected)) {
    if (!value.is_number_integer()) refuse(name, expected);
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > largest) refuse(name, expected);
    values.push_back(value.get<std::int64_t>());
  }
  return values;
}

std::vector<JsonObject> JsonObject::objects(std::string_view name) const {
  std::vector<JsonObject> values;
  const Json& members = list(name, "a list of objects");
  values.reserve(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    values.emplace_back(members[i], place(name) + "[" + std::to_string(i) + "]", file_);
  }
  return values;
}

void JsonObject::require_schema(std::string_view expected) const {
  if (text("schema") != expected) refuse("schema", '"' + std::string(expected) + '"');
}

void JsonObject::allow_only(std::initializer_list<std::string_view> names) const {
  for (const auto& [name, value] : value_.items()) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw FormatError(file_, "unknown member " + quote_bytes(place(name)));
    }
  }
}

}  // namespace phiscope::shard
