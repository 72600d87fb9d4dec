// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::shard {

/// A JSON object of a file, whose members are taken out by name and type.
/// Every function throws FormatError "<file>: <where>.<name> is <found>, expected <type>".
class JsonObject {
 public:
  using Json = nlohmann::ordered_json;

  /// @param value,file  must outlive the object
  /// @param where  name of the value in messages, "" for a whole file
  JsonObject(const Json& value, std::string where, const std::filesystem::path& file);

  [[nodiscard]] bool has(std::string_view name) const { return value_.contains(name); }
  [[nodiscard]] const Json& member(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] std::uint64_t count(std::string_view name) const;  ///< an integer >= 0
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  [[nodiscard]] std::vector<std::uint64_t> counts(std::string_view name) const;
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view name) const;
  [[nodiscard]] std::vector<JsonObject> objects(std::string_view name) const;

  /// Refuses the object unless its member "schema" is `expected`.
  void require_schema(std::string_view expected) const;

  /// Refuses members with other names.
  void allow_only(std::initializer_list<std::string_view> names) const;

  /// Refuses member `name`: "<where>.<name> is <value>, expected <expected>".
  [[noreturn]] void refuse(std::string_view name, std::string_view expected) const;

 private:
  [[nodiscard]] std::string place(std::string_view name) const;
  [[nodiscard]] const Json& list(std::string_view name, std::string_view expected) const;

  const Json& value_;
  std::string where_;
  const std::filesystem::path& file_;
};

/// Compact JSON of a value for a message, at most 60 characters and printable.
[[nodiscard]] std::string brief(const nlohmann::ordered_json& value);

}  // namespace phiscope::shard
