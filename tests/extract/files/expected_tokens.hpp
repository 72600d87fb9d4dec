// SPDX-License-Identifier: MIT
#pragma once

#include "catch.hpp"
#include "files/tokenizer.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::test {

/// The objects of a JSONL file.
inline std::vector<nlohmann::json> read_lines(const std::filesystem::path& file) {
  std::ifstream in(file);
  REQUIRE(in);
  std::vector<nlohmann::json> values;
  for (std::string line; std::getline(in, line);) values.push_back(nlohmann::json::parse(line));
  return values;
}

/// Compares a tokenizer with what another program made of `text`.
inline void check_tokens(const extract::Tokenizer& tokenizer, const std::string& text,
                         const nlohmann::json& expected) {
  CAPTURE(text);
  using Ids = std::vector<int>;
  const extract::Encoding full = tokenizer.encode(text);
  CHECK(tokenizer.encode(text, false).ids == expected.at("ids").get<Ids>());
  CHECK(full.ids == expected.at("ids_special").get<Ids>());
  REQUIRE(full.offsets.size() == full.ids.size());
  REQUIRE(full.special.size() == full.ids.size());
  if (expected.contains("offsets")) {
    CHECK(full.offsets == expected["offsets"].get<std::vector<std::array<std::size_t, 2>>>());
  }
}

}  // namespace phiscope::test
