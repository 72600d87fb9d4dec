// SPDX-License-Identifier: MIT
#pragma once

#include "places.hpp"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

namespace phiscope::test {

inline std::filesystem::path golden() {
  return source_dir() / "tests" / "golden";
}

/// The reference data (other people's, never part of the project): the folder that the environment
/// variable PHISCOPE_REFERENCE names, or nothing where it is not set. A case that needs it is
/// tagged [needs_reference], so that ctest counts it as skipped and not as passed.
/// @throws std::runtime_error if the folder is absent, or if PHISCOPE_REFERENCE_REQUIRED is set and
///         no folder is named
inline std::optional<std::filesystem::path> reference() {
  const char* named = std::getenv("PHISCOPE_REFERENCE");
  if (named == nullptr) {
    if (std::getenv("PHISCOPE_REFERENCE_REQUIRED") == nullptr) return std::nullopt;
    throw std::runtime_error("reference data required, but PHISCOPE_REFERENCE is not set");
  }
  if (std::filesystem::is_directory(named)) return named;
  throw std::runtime_error(std::string(named) + ": PHISCOPE_REFERENCE is not a directory");
}

}  // namespace phiscope::test

/// Ends a test case that needs the reference data, with a message that ctest knows.
#define SKIP_NO_REFERENCE()                                                           \
  do {                                                                                \
    std::cout << "skipped: PHISCOPE_REFERENCE names no folder: " << __FILE__ << '\n'; \
    return;                                                                           \
  } while (false)
