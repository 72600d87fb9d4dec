// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace phiscope {

/// An option whose values are names: --help lists them in this order, and nothing else is taken.
/// `value` is what a T can be assigned to, and lives until `app` has parsed.
template <class T, class V>
CLI::Option* add_choice(CLI::App& app, const std::string& option, V& value,
                        const std::vector<std::pair<std::string, T>>& choices,
                        const std::string& about) {
  std::string names = "{";
  for (const auto& choice : choices) {
    if (names.size() > 1) names += ',';
    names += choice.first;
  }
  names += '}';
  // CLI11 reads an enumeration as its number.
  const auto number_of = [choices, names](std::string& name) -> std::string {
    for (const auto& [known, chosen] : choices) {
      if (known != name) continue;
      name = std::to_string(static_cast<std::underlying_type_t<T>>(chosen));
      return {};
    }
    return name + " not in " + names;
  };
  return app.add_option(option, value, about)->transform(CLI::Validator(number_of, names));
}

}  // namespace phiscope
