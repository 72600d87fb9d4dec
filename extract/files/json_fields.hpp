// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace phiscope::extract {

/// Range of an integer field, both ends included.
struct IntegerRange {
  std::int64_t least = 1;
  std::int64_t most = 0x7FFFFFFF;
};

/// An object of a JSON file whose fields are read with their types. Every error is a
/// shard::FormatError "<file>: <key> is <found>, expected <what>". A field that is null counts as
/// absent, as it does for the programs that write these files.
class JsonFields {
 public:
  /// @param value  borrowed; @param where  path of `value` inside the file: "" or "rope_parameters"
  /// @throws shard::FormatError if `value` is not an object
  JsonFields(const nlohmann::json& value, std::filesystem::path file, std::string where = "");

  [[nodiscard]] bool has(std::string_view key) const;  ///< present and not null
  [[nodiscard]] std::int64_t integer(std::string_view key, IntegerRange range = {}) const;
  /// @return  `absent` without the field
  [[nodiscard]] std::int64_t integer_or(std::string_view key, std::int64_t absent,
                                        IntegerRange range = {}) const;
  [[nodiscard]] double positive(std::string_view key) const;  ///< finite and > 0
  [[nodiscard]] double positive_or(std::string_view key, double absent) const;
  [[nodiscard]] bool boolean(std::string_view key) const;
  [[nodiscard]] bool boolean_or(std::string_view key, bool absent) const;
  [[nodiscard]] std::string text(std::string_view key) const;
  [[nodiscard]] std::string text_or(std::string_view key, std::string absent) const;
  [[nodiscard]] JsonFields object(std::string_view key) const;
  [[nodiscard]] const nlohmann::json& array(std::string_view key) const;
  /// The field as it is. @throws shard::FormatError "<key> is missing, expected <what>"
  [[nodiscard]] const nlohmann::json& at(std::string_view key, std::string_view expected) const;

  [[nodiscard]] const nlohmann::json& value() const { return *value_; }
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  [[nodiscard]] std::string name_of(std::string_view key) const;  ///< "rope_parameters.factor"
  /// Refuses a field: "<key> is <found>, expected <what>" (or "is missing").
  [[noreturn]] void refuse(std::string_view key, std::string_view expected) const;

 private:
  const nlohmann::json* value_;
  std::filesystem::path file_;
  std::string where_;
};

/// A JSON value fit for a message: one line, at most 60 characters.
[[nodiscard]] std::string shown(const nlohmann::json& value);

}  // namespace phiscope::extract
