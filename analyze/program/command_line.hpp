// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::program {

/// Arguments that are each right but do not go together. The message begins with the option.
class UsageError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// Smallest and largest number that an option takes.
struct Bounds {
  std::uint64_t least = 0;
  std::uint64_t most = 1'000'000'000'000'000;
};

/// The options of a program or of one of its commands. The values that they fill must outlive the
/// parsing. --help lists them in the order in which they were added, each with its default.
/// CLI11 is compiled in command_line.cpp alone: its templates take longer than everything else
/// here.
class CommandLine {
 public:
  /// @param name  of the program
  /// @param about  what the program does, first lines of --help
  /// @param example  "Example: " and commands that work, last lines of --help
  CommandLine(const std::string& name, const std::string& about, const std::string& example);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// A command of its own below the program. Exactly one command must then be named.
  CommandLine& command(const std::string& name, const std::string& about,
                       const std::string& example);

  void flag(const std::string& name, bool& value, const std::string& about);

  /// One text or path. `value` may be a std::optional of either.
  template <class T>
  void text(const std::string& name, T& value, const std::string& about, bool required = false) {
    add_text(
        name, [&value](const std::string& given) { value = given; }, about, required,
        names_path<T>);
  }

  /// Several, as separate arguments or (`separated`) with commas between them.
  template <class T>
  void texts(const std::string& name, std::vector<T>& values, const std::string& about,
             bool required = false, bool separated = false) {
    add_texts(
        name,
        [&values](const std::vector<std::string>& given) {
          values.assign(given.begin(), given.end());
        },
        about, required, separated, names_path<T>);
  }

  /// A whole number; its value before the parsing is the default that --help shows.
  template <std::unsigned_integral T>
  void number(const std::string& name, T& value, const std::string& about, Bounds bounds = {}) {
    add_number(
        name, [&value](std::uint64_t given) { value = static_cast<T>(given); }, about, bounds,
        std::to_string(value), false);
  }

  /// A number that is computed from the rest when it is not given, or must be given.
  void number(const std::string& name, const std::function<void(std::uint64_t)>& take,
              const std::string& about, Bounds bounds = {}, bool required = false) {
    add_number(name, take, about, bounds, {}, required);
  }

  /// One of some names: --help lists them in this order, and nothing else is taken.
  /// `value` is what a T can be assigned to; if it is a T, its name is the default that is shown.
  template <class T, class V>
  void choice(const std::string& name, V& value,
              const std::vector<std::pair<std::string, T>>& choices, const std::string& about) {
    std::vector<std::string> names;
    std::string shown;
    for (const auto& [known, chosen] : choices) {
      names.push_back(known);
      if constexpr (std::same_as<T, V>) {
        if (chosen == value) shown = known;
      }
    }
    add_choice(
        name, names, [&value, choices](std::size_t place) { value = choices[place].second; }, about,
        shown);
  }

  /// Reads the arguments. @return  the exit status if the program ends here (--help, --version,
  /// --completion, --man: 0; wrong use: 2, after printing why), else -1
  /// @param check  throws UsageError for arguments that do not go together
  [[nodiscard]] int parse(int argc, const char* const* argv, const std::function<void()>& check);

  /// Whether this command was named.
  [[nodiscard]] bool chosen() const;

 private:
  struct Parts;
  template <class T>
  static constexpr bool names_path = std::same_as<T, std::filesystem::path> ||
                                     std::same_as<T, std::optional<std::filesystem::path>>;
  explicit CommandLine(std::unique_ptr<Parts> parts);
  void add_text(const std::string& name, const std::function<void(const std::string&)>& take,
                const std::string& about, bool required, bool is_path);
  void add_texts(const std::string& name,
                 const std::function<void(const std::vector<std::string>&)>& take,
                 const std::string& about, bool required, bool separated, bool is_path);
  void add_number(const std::string& name, const std::function<void(std::uint64_t)>& take,
                  const std::string& about, Bounds bounds, const std::string& shown, bool required);
  void add_choice(const std::string& name, const std::vector<std::string>& names,
                  const std::function<void(std::size_t)>& take, const std::string& about,
                  const std::string& shown);

  std::unique_ptr<Parts> parts_;
};

}  // namespace phiscope::program
