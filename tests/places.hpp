// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace phiscope::test {

/// Root of this checkout, with the project's own golden data below tests/golden.
[[nodiscard]] std::filesystem::path source_dir();

/// Folder of the programs of this build.
[[nodiscard]] std::string program_dir();

}  // namespace phiscope::test
