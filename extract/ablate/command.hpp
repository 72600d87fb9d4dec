// SPDX-License-Identifier: MIT
#pragma once

#include "command/subcommand.hpp"

namespace phiscope::extract {

/// `extract ablate`: how much the next token changes when attention heads are removed.
Subcommand ablate_subcommand(CLI::App& program);

}  // namespace phiscope::extract
