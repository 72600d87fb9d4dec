// SPDX-License-Identifier: MIT
#pragma once

#include "command/subcommand.hpp"

namespace phiscope::extract {

/// `extract random-model`: an untrained model of the same configuration, for controls.
Subcommand random_model_subcommand(CLI::App& program);

}  // namespace phiscope::extract
