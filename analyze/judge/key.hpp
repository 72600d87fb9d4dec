// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace phiscope::judge {

/// Name of the variable of the environment that holds the key; there is no other way to give one.
inline constexpr const char* key_variable = "OPENROUTER_API_KEY";

/// What opens the account. It is sent to the server and goes nowhere else.
class Key {
 public:
  Key() = default;  ///< none

  /// @throws std::invalid_argument without the text, if it has a character that no header holds or
  ///         is so short that it cannot be taken out of other texts
  explicit Key(std::string text);

  /// Takes the key from the environment, where it is then overwritten; none if it is not set or
  /// empty. From here on the process leaves no core dump and is not to be traced.
  /// @throws std::invalid_argument as the constructor
  [[nodiscard]] static Key from_environment();

  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  /// "Authorization: Bearer ..."
  [[nodiscard]] std::string header() const;

  /// The text with "[key]" in place of the key.
  [[nodiscard]] std::string without(std::string_view text) const;

  /// The same of all texts in a JSON value, those that name members too.
  [[nodiscard]] nlohmann::ordered_json without_in(const nlohmann::ordered_json& value) const;

 private:
  std::string text_;
};

}  // namespace phiscope::judge
