// SPDX-License-Identifier: MIT
#pragma once

#include "command/subcommand.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// A command line, and what is to be said of the configuration file that it names.
struct Arguments {
  std::vector<std::string> words;
  std::vector<std::string> notes;  ///< keys without effect, one line each
};

/// What a configuration file says of a subcommand.
struct FileFlags {
  ConfigValues values;             ///< by the flags' names
  std::vector<std::string> notes;  ///< keys without effect, one line each
};

/// Reads the text of a configuration file. @param file  its name, for messages
/// @throws shard::FormatError as with_config_file()
[[nodiscard]] FileFlags parse_flags(std::string_view text, const std::string& file,
                                    const CLI::App& app, const CLI::App& command,
                                    const ConfigNames& names);

/// The command line with the options of `--config FILE` (TOML) added where the line has none.
/// Keys are the flags' names, at the top of the file or in a table named like the subcommand, or
/// the subcommand's further names. Where a name is both, it is the flag unless the file has one
/// that is not.
/// @throws shard::FormatError naming file, line and key: an unknown key, a value of another type,
///         two keys that set one flag
Arguments with_config_file(const CLI::App& app, const std::vector<Subcommand>& subcommands,
                           int argc, char** argv);

/// The options of a subcommand after parsing, as TOML.
std::string config_text(const CLI::App& command);

}  // namespace phiscope::extract
