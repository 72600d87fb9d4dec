// SPDX-License-Identifier: MIT
#pragma once

#include "command/subcommand.hpp"

namespace phiscope::extract {

/// `extract activations`: values at hooks for the tokens of prompts and of their continuations.
Subcommand activations_subcommand(CLI::App& program);

}  // namespace phiscope::extract
