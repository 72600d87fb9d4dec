// SPDX-License-Identifier: MIT
#pragma once

#include "command/subcommand.hpp"

namespace CLI {
class App;
}

namespace phiscope::extract {

/// Adds `extract sampling` to the program.
Subcommand sampling_subcommand(CLI::App& program);

}  // namespace phiscope::extract
