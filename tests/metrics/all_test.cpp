// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "reference.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

TEST_CASE("all.hpp includes every public header once, and nothing else", "[all]") {
  const std::filesystem::path folder = phiscope::test::source_dir() / "metrics/phiscope";
  std::multiset<std::string> included;
  std::ifstream text(folder / "all.hpp");
  const std::string start = "#include <";
  for (std::string line; std::getline(text, line);) {
    if (line.rfind(start, 0) == 0) included.insert(line.substr(start.size()));
  }
  std::multiset<std::string> expected;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".hpp" && name != "all.hpp") {
      expected.insert("phiscope/" + name + ">");
    }
  }
  REQUIRE(expected.size() > 50);
  CHECK(included == expected);
}
