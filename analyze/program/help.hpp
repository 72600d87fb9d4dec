// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
class ParseError;
}  // namespace CLI

namespace phiscope::program {

/// What all programs have: --version, the form of --help (groups, one column of texts, defaults, no
/// names of types), and --completion and --man, which generated() answers. To be called before
/// subcommands are added, which take over the form.
/// @param version  what --version prints
void set_up_help(CLI::App& app, const std::string& version);

/// Moves --help and --version, and the other options of this name, into a group of --help's list.
void set_group(CLI::App& app, const std::string& option, const std::string& group);

/// What `--completion bash|zsh|fish` or `--man` as the only arguments ask for; empty if they do
/// not.
/// @throws std::invalid_argument if the shell is none of these
[[nodiscard]] std::string generated(const CLI::App& app, const std::vector<std::string>& arguments);

/// Prints help, version or what is wrong, on the stream that is meant for it, and gives the exit
/// status: 0 or 2. A word that is nearly a command, an option or a value is named.
[[nodiscard]] int finish(const CLI::App& app, const CLI::ParseError& error,
                         const std::vector<std::string>& arguments);

}  // namespace phiscope::program
