// SPDX-License-Identifier: MIT
#pragma once

#include "command/choice.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace phiscope::extract {

/// A flag that was just declared, for what else holds of it.
class Flag {
 public:
  explicit Flag(CLI::Option& option) : option_(&option) {}
  Flag& required();
  Flag& with_default();  ///< --help shows the variable's value
  Flag& list();          ///< values may be separated by commas
  Flag& between(int least, int most);
  Flag& one_of(const std::vector<std::string>& names);
  Flag& existing_file();
  Flag& existing_directory();
  Flag& excludes(const std::string& other);  ///< a flag declared before

 private:
  CLI::Option* option_;
};

/// The flags of one subcommand. CLI11 is slow to compile; it is seen by flags.cpp, options.cpp and
/// main.cpp alone. Variables must outlive the parsing.
class Flags {
 public:
  /// Adds the subcommand to the program.
  Flags(CLI::App& program, const std::string& name, const std::string& about);

  /// Makes a required flag optional. @param name  of one that was added
  void relax(const std::string& name);

  /// Required flags are not where a switch is given. @param names  of flags that were added
  void require_unless(const std::string& given, const std::vector<std::string>& names);

  /// Flags added from now on are listed below this title in --help; "Options" at first.
  void group(const std::string& title) { group_ = title; }

  [[nodiscard]] CLI::App& command() const { return *command_; }

  /// @tparam T  defined for std::filesystem::path, std::string, int, std::size_t (and the 64-bit
  ///            unsigned), bool, double; std::vector of int, double, std::string and path
  template <class T>
  Flag add(const std::string& name, T& value, const std::string& about);

  /// A flag without a value.
  Flag add_switch(const std::string& name, bool& value, const std::string& about);

  /// A flag whose values are names; nothing else is taken. --help lists them with the default.
  template <class T, std::size_t N>
  Flag add_choice(const std::string& name, T& value, const Choices<T, N>& choices,
                  const std::string& about) {
    return add_name(
        name, choice_names(choices), choice_index(choices, value),
        [&value, choices](std::size_t i) { value = choices[i].second; }, about);
  }

 private:
  Flag add_name(const std::string& name, const std::vector<std::string>& names, std::size_t preset,
                const std::function<void(std::size_t)>& choose, const std::string& about);

  CLI::App* command_;
  std::string group_ = "Options";
};

}  // namespace phiscope::extract
