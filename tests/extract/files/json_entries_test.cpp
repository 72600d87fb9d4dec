// SPDX-License-Identifier: MIT
#include "files/json_entries.hpp"

#include "catch.hpp"
#include "temp_dir.hpp"
#include "tiny_model.hpp"

using phiscope::extract::json_entries;

TEST_CASE("lists and lines have the same entries, each with its place", "[json_entries]") {
  const phiscope::test::TempDir dir;
  const auto file = dir.path() / "x.json";
  phiscope::test::write_bytes(file, "\xEF\xBB\xBF\n [{\"a\": 1},\n {\"a\": 2}]\n");
  const auto list = json_entries(file, "pair");
  phiscope::test::write_bytes(file, "{\"a\": 1}\r\n\n{\"a\": 2}");
  const auto lines = json_entries(file, "pair");
  REQUIRE(list.size() == 2);
  REQUIRE(lines.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) CHECK(list[i].value == lines[i].value);
  CHECK(list[1].value.at("a") == 2);
  CHECK(list[1].where == "entry 1");
  CHECK(lines[1].place == file.string() + ":3");
  const auto message = phiscope::test::refusal([&] { (void)lines[1].fields().text("a"); });
  CHECK_THAT(message, Contains("x.json:3: a is 2, expected"));
}

TEST_CASE("a file without entries is refused", "[json_entries]") {
  const phiscope::test::TempDir dir;
  const auto file = dir.path() / "x.json";
  const auto refusal = [&](const char* text) {
    phiscope::test::write_bytes(file, text);
    return phiscope::test::refusal([&] { (void)json_entries(file, "problem"); });
  };
  CHECK_THAT(refusal(" \n"),
             Contains("empty, expected a JSON list of problems, or one problem a line"));
  CHECK_THAT(refusal("[]"), Contains("no problems, expected at least one"));
  CHECK_THAT(refusal("{}\n{"), Contains("line 2"));
}
