// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace phiscope::extract {

/// The command line of `extract`: the same in the program that users call and in the one that
/// computes.
/// @param version   what --version prints
/// @param computes  whether subcommands that run a model do so here
/// @returns the exit status; nothing where a model is to be run, and not here: then nothing has
///          been written or printed
[[nodiscard]] std::optional<int> run_program(int argc, char** argv, const std::string& version,
                                             bool computes);

}  // namespace phiscope::extract
