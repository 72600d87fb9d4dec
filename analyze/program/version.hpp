// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace phiscope::program {

/// "0.1.0"
[[nodiscard]] std::string program_version();

/// The commit that the programs were built from, as `git describe --always --dirty` says; "unknown"
/// outside of a repository.
[[nodiscard]] std::string git_revision();

/// What --version prints: "0.1.0 (revision)".
[[nodiscard]] std::string version_line();

}  // namespace phiscope::program
