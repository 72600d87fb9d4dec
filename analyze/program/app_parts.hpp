// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace phiscope::program {

/// The group of --help and --version, the last one of the list.
inline constexpr const char* other_group = "Other";

/// An option as --help, the manual page and the completion of a shell show it.
struct OptionParts {
  std::string name;   ///< "--dtype", or that of a positional argument
  std::string value;  ///< "N", "FILE", "DTYPE"; empty: takes none
  std::string about;  ///< with choices, bounds and default
  std::string group;
  std::vector<std::string> choices;  ///< the values that it takes; empty: any
  bool takes_path = false;
  bool is_required = false;
};

/// All options that --help shows, in its order: those of the command itself first, then by group.
[[nodiscard]] std::vector<OptionParts> options_of(const CLI::App& app);

/// Positional arguments, in their order.
[[nodiscard]] std::vector<OptionParts> positionals_of(const CLI::App& app);

/// The parts of a list with commas between them; the parts with `between` between them.
[[nodiscard]] std::vector<std::string> split_list(const std::string& list);
[[nodiscard]] std::string joined_by(const std::vector<std::string>& parts,
                                    const std::string& between);

/// What the program or command does, without its example.
[[nodiscard]] std::string about_of(const CLI::App& app);

/// The lines of its example, without the word.
[[nodiscard]] std::string example_of(const CLI::App& app);

/// The text with line ends so that no line is longer than `width`, where words allow it.
/// @param indent  blanks before all lines but the first
[[nodiscard]] std::string wrapped(const std::string& text, std::size_t width, std::size_t indent);

/// The commands of a program that can be named, without those that are hidden.
[[nodiscard]] std::vector<const CLI::App*> commands_of(const CLI::App& app);

[[nodiscard]] std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands);

/// See help.hpp.
[[nodiscard]] std::string completion_script(const CLI::App& app, const std::string& shell);
[[nodiscard]] std::string manual_page(const CLI::App& app, const std::string& version);

}  // namespace phiscope::program
