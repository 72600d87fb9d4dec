// SPDX-License-Identifier: MIT
#pragma once

#include "command/subcommand.hpp"

namespace CLI {
class App;
}

namespace phiscope::extract {

/// Adds `extract steps` to the program.
Subcommand steps_subcommand(CLI::App& program);

}  // namespace phiscope::extract
