// SPDX-License-Identifier: MIT
#include "shard/text/keyed_texts.hpp"

#include "catch.hpp"
#include "shard/file/format_error.hpp"
#include "temp_dir.hpp"

#include <fstream>

namespace phiscope::shard::keyed_texts_test {

namespace {

using Line = std::pair<std::vector<std::int64_t>, std::string>;

std::vector<Line> lines_of(const std::string& text) {
  const test::TempDir dir;
  std::ofstream(dir.path() / texts_name) << text;
  std::vector<Line> lines;
  const bool found =
      read_texts(dir.path(), [&](const std::filesystem::path& where,
                                 const std::vector<std::int64_t>& key, const std::string& said) {
        CHECK(where.string() ==
              (dir.path() / texts_name).string() + ":" + std::to_string(lines.size() + 1));
        lines.emplace_back(key, said);
      });
  CHECK(found);
  return lines;
}

}  // namespace

TEST_CASE("each line is taken with its key, the last one also without a line break",
          "[keyed_texts]") {
  CHECK(lines_of("{\"key\":[0,-1],\"text\":\"a\\n\"}\n{\"key\":[],\"text\":\"\"}") ==
        std::vector<Line>{{{0, -1}, "a\n"}, {{}, ""}});
  CHECK(lines_of("").empty());
}

TEST_CASE("without the file nothing is taken, and a wrong line is named", "[keyed_texts]") {
  const test::TempDir dir;
  CHECK_FALSE(read_texts(dir.path(), [](const auto&, const auto&, const auto&) { FAIL(); }));
  CHECK_THROWS_WITH(lines_of("{\"key\":[0],\"text\":\"a\"}\n{\"key\":[0]}\n"),
                    Contains(".jsonl:2: text is missing"));
  CHECK_THROWS_WITH(lines_of("{\"key\":[0.5],\"text\":\"a\"}\n"), Contains(".jsonl:1: key"));
  CHECK_THROWS_AS(lines_of("\n"), FormatError);
}

}  // namespace phiscope::shard::keyed_texts_test
