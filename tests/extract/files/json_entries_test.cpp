// SPDX-License-Identifier: MIT
#include "files/json_entries.hpp"

#include "catch.hpp"
#include "temp_dir.hpp"
#include "tiny_model.hpp"

using phiscope::extract::answer_text;
using phiscope::extract::blank_lines_warning;
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

TEST_CASE("blank lines are counted, but for one at the end", "[json_entries]") {
  const phiscope::test::TempDir dir;
  const auto file = dir.path() / "x.jsonl";
  const auto warning = [&](const std::string& text) {
    phiscope::test::write_bytes(file, text);
    return blank_lines_warning(file);
  };
  CHECK(warning("{}\n{}\n").empty());
  CHECK(warning("{}\n{}\n\n").empty());
  CHECK(warning("{}\n{}\n  ").empty());
  CHECK(warning("[{},\n\n{}]\n\n\n").empty());
  CHECK(warning("{}\n\n{}") == file.string() + ": 1 blank line skipped");
  CHECK(warning("\n{}\r\n \t\r\n{}\n\n\n") == file.string() + ": 3 blank lines skipped");
}

TEST_CASE("answers are texts, numbers, truth values or lists of them", "[json_entries]") {
  const auto text = [](const char* answer) { return answer_text(nlohmann::json::parse(answer)); };
  CHECK(text("\"18 eggs\"") == "18 eggs");
  CHECK(text("18") == "18");
  CHECK(text("-2.5") == "-2.5");
  CHECK(text("true") == "true");
  CHECK(text("[18]") == "18");
  CHECK(text("[\"a\", 3, false]") == "a, 3, false");
  CHECK(text("[]") == "");
  CHECK_FALSE(text("{}"));
  CHECK_FALSE(text("[[1]]"));
  CHECK_FALSE(text("[null]"));
}
