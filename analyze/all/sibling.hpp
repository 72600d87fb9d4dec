// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::analyze::all {

/// How a program ended.
struct Ended {
  int status = 0;      ///< its exit status; 128 + N if signal N ended it
  std::string output;  ///< what it wrote to standard output
};

/// Runs a program and waits. Standard error stays this program's. Arguments are taken as they are:
/// no shell reads them.
/// @throws std::system_error naming the program if it cannot be started
[[nodiscard]] Ended run_sibling(const std::filesystem::path& program,
                                const std::vector<std::string>& arguments);

/// The folder that the running program is in.
[[nodiscard]] std::filesystem::path own_folder();

}  // namespace phiscope::analyze::all
