// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace phiscope::test {

/// What a reference model's folder says of itself.
inline nlohmann::json meta(const std::filesystem::path& folder) {
  std::ifstream file(folder / "meta.json");
  return nlohmann::json::parse(file);
}

}  // namespace phiscope::test
