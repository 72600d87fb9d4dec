// SPDX-License-Identifier: MIT
#pragma once

#include "command/config_names.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace phiscope::extract {

struct RunOptions;

/// A subcommand as main() sees it: declared with its flags, to be run if it was chosen.
struct Subcommand {
  const CLI::App* app = nullptr;
  RunOptions* run = nullptr;  ///< null: it runs no model and has no configuration to print
  std::function<void(const std::string& command_line)> go;  ///< owns the values of the flags
  ConfigNames names{};  ///< further ones that its configuration file may have
};

}  // namespace phiscope::extract
