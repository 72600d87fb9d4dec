// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>

namespace phiscope::test {

/// Root of this checkout, with the project's own golden data below tests/golden.
inline std::filesystem::path source_dir() {
  return PHISCOPE_SOURCE_DIR;
}
inline std::filesystem::path golden() {
  return source_dir() / "tests" / "golden";
}

/// The reference data (other people's, never part of the project), or nothing where it is absent.
/// PHISCOPE_REFERENCE names another place; with PHISCOPE_REFERENCE_REQUIRED set its absence is an
/// error.
inline std::optional<std::filesystem::path> reference() {
  const char* named = std::getenv("PHISCOPE_REFERENCE");
  const std::filesystem::path path = named != nullptr
                                         ? std::filesystem::path(named)
                                         : source_dir().parent_path() / "shared" / "reference";
  if (std::filesystem::is_directory(path)) return path;
  if (std::getenv("PHISCOPE_REFERENCE_REQUIRED") != nullptr) {
    throw std::runtime_error(path.string() + ": reference data required but absent");
  }
  return std::nullopt;
}

}  // namespace phiscope::test

/// Ends a test case that needs the reference data, with a message.
#define SKIP_NO_REFERENCE()                                                             \
  do {                                                                                  \
    std::cout << "skipped: no reference data beside the project: " << __FILE__ << '\n'; \
    return;                                                                             \
  } while (false)
