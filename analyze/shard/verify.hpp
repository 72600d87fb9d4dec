// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::shard {

/// What verify() found. The run is good when there is no problem.
struct VerifyReport {
  std::vector<std::string> problems;  ///< one line each, beginning with a path
  std::uint64_t files = 0;            ///< files compared with their hash
  std::uint64_t rows = 0;             ///< rows of all row spaces
  std::uint64_t nonfinite = 0;        ///< NaN and infinite values in the arrays
  std::vector<std::string> unhashed;  ///< files of the run that have no hash
};

/// Reads a whole run directory: plan, prompts, commits and manifest agree, every file has its
/// SHA-256, shape and number of rows, every number is finite, nothing is missing or left over. Of
/// the texts that extract writes beside the arrays it can only say that they are JSON.
/// @throws nothing about the run's content: all of it becomes a line of `problems`
[[nodiscard]] VerifyReport verify(const std::filesystem::path& run);

}  // namespace phiscope::shard
