// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace phiscope::extract {

/// What models are run with, of the build that this program comes from: "LibTorch 2.11.0", or that
/// it was built without.
[[nodiscard]] std::string computing_library();

/// The program that runs models: libexec/phiscope/extract-compute beside the folder of this one.
/// @throws std::runtime_error if the path of this program is unknown
[[nodiscard]] std::filesystem::path computing_program();

/// Runs that program in this one's place, with the same arguments, streams and process number.
/// @throws std::runtime_error if it is not there or cannot be started
[[noreturn]] void hand_over(char** argv);

}  // namespace phiscope::extract
