// SPDX-License-Identifier: MIT
#pragma once

#include "command/subcommand.hpp"

namespace CLI {
class App;
}

namespace phiscope::extract {

/// Adds `extract patching` to the program.
Subcommand patching_subcommand(CLI::App& program);

}  // namespace phiscope::extract
