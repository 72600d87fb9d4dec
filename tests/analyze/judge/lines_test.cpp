// SPDX-License-Identifier: MIT
#include "judge/lines.hpp"

#include "catch.hpp"
#include "process.hpp"
#include "temp_dir.hpp"

#include <vector>

namespace {

std::vector<std::string> places(const std::string& text, bool may_be_cut) {
  const phiscope::test::TempDir folder;
  phiscope::test::write_text(folder.path() / "x.jsonl", text);
  std::vector<std::string> found;
  phiscope::judge::for_each_object(
      folder.path() / "x.jsonl", may_be_cut,
      [&](const nlohmann::ordered_json& line, const std::string& place) {
        found.push_back(place + line.dump());
      });
  return found;
}

}  // namespace

TEST_CASE("each line is an object, blank ones are passed over", "[lines]") {
  const std::vector<std::string> wanted{"line 1{\"a\":1}", "line 3{}"};
  CHECK(places("{\"a\":1}\n \r\n{}\n", false) == wanted);
  CHECK(places("{\"a\":1}\n\n{}", false) == wanted);
  CHECK(places("{\"a\":1}\n\n{}\n{\"b", true) == wanted);
  CHECK(places("", false).empty());
  CHECK_THROWS_WITH(places("{}\n{\"b", false), Contains("x.jsonl: line 2"));
  CHECK_THROWS_WITH(places("{}\n3\n", true), Contains("line 2: found no object"));
}
