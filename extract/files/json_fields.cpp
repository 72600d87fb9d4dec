// SPDX-License-Identifier: MIT
#include "files/json_fields.hpp"

#include "shard/file/format_error.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace phiscope::extract {

using nlohmann::json;

std::string shown(const json& value) {
  if (value.is_string()) return shard::quote_bytes(value.get_ref<const std::string&>());
  if (value.is_object()) return "an object";
  if (value.is_array()) {
    std::string text = "[";
    for (const json& item : value) {
      text += (text.size() > 1 ? ", " : "") + shown(item);
      if (text.size() > 60) return text.substr(0, 60) + "...";
    }
    return text + "]";
  }
  return value.dump();
}

JsonFields::JsonFields(const json& value, std::filesystem::path file, std::string where)
    : value_(&value), file_(std::move(file)), where_(std::move(where)) {
  if (value.is_object()) return;
  throw shard::FormatError(file_, (where_.empty() ? "the top of the JSON" : where_) + " is " +
                                      shown(value) + ", expected an object");
}

std::string JsonFields::name_of(std::string_view key) const {
  // Keys come from the file too: what would not fit into a line of text is put in quotes.
  const bool is_plain = !key.empty() && key.size() <= 60 &&
                        std::ranges::all_of(key, [](char c) { return c > ' ' && c < '\x7F'; });
  const std::string name = is_plain ? std::string(key) : shard::quote_bytes(key);
  return where_.empty() ? name : where_ + "." + name;
}

void JsonFields::refuse(std::string_view key, std::string_view expected) const {
  const auto found = value_->find(key);
  const std::string what = found == value_->end() ? "missing" : shown(*found);
  throw shard::FormatError(file_,
                           name_of(key) + " is " + what + ", expected " + std::string(expected));
}

bool JsonFields::has(std::string_view key) const {
  const auto found = value_->find(key);
  return found != value_->end() && !found->is_null();
}

const json& JsonFields::at(std::string_view key, std::string_view expected) const {
  const auto found = value_->find(key);
  if (found == value_->end()) refuse(key, expected);
  return *found;
}

std::int64_t JsonFields::integer(std::string_view key, IntegerRange range) const {
  const std::string expected =
      "an integer in [" + std::to_string(range.least) + ", " + std::to_string(range.most) + "]";
  const json& value = at(key, expected);
  if (!value.is_number_integer()) refuse(key, expected);
  // An unsigned value beyond int64 would wrap in get<std::int64_t>().
  if (value.is_number_unsigned() &&
      (range.most < 0 || value.get<std::uint64_t>() > static_cast<std::uint64_t>(range.most))) {
    refuse(key, expected);
  }
  const auto number = value.get<std::int64_t>();
  if (number < range.least || number > range.most) refuse(key, expected);
  return number;
}

std::int64_t JsonFields::integer_or(std::string_view key, std::int64_t absent,
                                    IntegerRange range) const {
  return has(key) ? integer(key, range) : absent;
}

double JsonFields::positive(std::string_view key) const {
  constexpr std::string_view expected = "a finite number > 0";
  const json& value = at(key, expected);
  if (!value.is_number()) refuse(key, expected);
  const double number = value.get<double>();
  if (!std::isfinite(number) || number <= 0.0) refuse(key, expected);
  return number;
}

double JsonFields::positive_or(std::string_view key, double absent) const {
  return has(key) ? positive(key) : absent;
}

bool JsonFields::boolean(std::string_view key) const {
  const json& value = at(key, "true or false");
  if (!value.is_boolean()) refuse(key, "true or false");
  return value.get<bool>();
}

bool JsonFields::boolean_or(std::string_view key, bool absent) const {
  return has(key) ? boolean(key) : absent;
}

std::string JsonFields::text(std::string_view key) const {
  const json& value = at(key, "a string");
  if (!value.is_string()) refuse(key, "a string");
  return value.get<std::string>();
}

std::string JsonFields::text_or(std::string_view key, std::string absent) const {
  return has(key) ? text(key) : std::move(absent);
}

JsonFields JsonFields::object(std::string_view key) const {
  const json& value = at(key, "an object");
  if (!value.is_object()) refuse(key, "an object");
  return {value, file_, name_of(key)};
}

const json& JsonFields::array(std::string_view key) const {
  const json& value = at(key, "a list");
  if (!value.is_array()) refuse(key, "a list");
  return value;
}

}  // namespace phiscope::extract
