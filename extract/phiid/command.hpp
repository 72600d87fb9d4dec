// SPDX-License-Identifier: MIT
#pragma once

#include "command/subcommand.hpp"

namespace phiscope::extract {

/// `extract phiid`: norms of the attention heads while prompts are continued.
Subcommand phiid_subcommand(CLI::App& program);

}  // namespace phiscope::extract
