// SPDX-License-Identifier: MIT
#pragma once

#include "command/subcommand.hpp"

#include <vector>

namespace phiscope::extract {

/// `extract info`, `check`, `tokens`, `problems` and `verify`, which run no model.
std::vector<Subcommand> inspect_subcommands(CLI::App& program);

}  // namespace phiscope::extract
