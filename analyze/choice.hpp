// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace phiscope {

/// An option whose values are names: --help lists them in this order, and nothing else is taken.
/// `value` is what a T can be assigned to, and lives until `app` has parsed.
template <class T, class V>
CLI::Option* add_choice(CLI::App& app, const std::string& option, V& value,
                        const std::vector<std::pair<std::string, T>>& choices,
                        const std::string& about) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  const auto choose = [&value, choices](const std::string& name) {
    const auto is_named = [&name](const auto& choice) { return choice.first == name; };
    value = std::find_if(choices.begin(), choices.end(), is_named)->second;  // checked before
  };
  return app.add_option_function<std::string>(option, choose, about)->check(CLI::IsMember(names));
}

}  // namespace phiscope
