// SPDX-License-Identifier: MIT
#pragma once

#include "command/subcommand.hpp"

namespace phiscope::extract {

/// `extract loo`: word representations of walks, whole and with each word left out.
Subcommand loo_subcommand(CLI::App& program);

}  // namespace phiscope::extract
