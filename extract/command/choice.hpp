// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace phiscope::extract {

/// The values of an option by their names, in the order in which --help lists them.
template <class T, std::size_t N>
using Choices = std::array<std::pair<std::string_view, T>, N>;

/// The names alone.
template <class T, std::size_t N>
std::vector<std::string> choice_names(const Choices<T, N>& choices) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.emplace_back(choice.first);
  return names;
}

/// The place of a value. @throws std::logic_error for one that the table does not name
template <class T, std::size_t N>
std::size_t choice_index(const Choices<T, N>& choices, const T& value) {
  for (std::size_t i = 0; i < N; ++i) {
    if (choices[i].second == value) return i;
  }
  throw std::logic_error("choice_index: a value without a name");
}

/// The value of a name. @throws std::invalid_argument for a name that the table does not have
template <class T, std::size_t N>
T choice_value(const Choices<T, N>& choices, std::string_view name) {
  for (const auto& [known, value] : choices) {
    if (known == name) return value;
  }
  throw std::invalid_argument("choice_value: found '" + std::string(name) + "'");
}

/// The name of a value, as plan.json has it.
template <class T, std::size_t N>
std::string choice_name(const Choices<T, N>& choices, const T& value) {
  return std::string(choices[choice_index(choices, value)].first);
}

}  // namespace phiscope::extract
