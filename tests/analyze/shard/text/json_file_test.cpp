// SPDX-License-Identifier: MIT
#include "shard/text/json_file.hpp"

#include "catch.hpp"
#include "reference.hpp"
#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "temp_dir.hpp"

#include <fstream>
#include <random>

using phiscope::shard::FormatError;
using phiscope::shard::parse_json;
using phiscope::shard::parse_ordered_json;

namespace {

std::string json_message(const std::string& text, std::size_t first_line = 1) {
  try {
    static_cast<void>(parse_json(text, "f.json", first_line));
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("JSON is read as nlohmann-json reads it", "[json_file]") {
  const std::string text =
      R"({"b": [1, -2, 3.5, 1e3, 18446744073709551615], "a": {"x": null, "y": [true, false, {}]},)"
      R"( "é": "\u00e9\ud83d\ude00", "": [[], ""]})";
  CHECK(parse_json(text, "f") == nlohmann::json::parse(text));
  CHECK(parse_ordered_json(text, "f").dump() == nlohmann::ordered_json::parse(text).dump());
  CHECK(parse_json("\xEF\xBB\xBF 7 ", "f") == 7);
  CHECK(parse_json("\"\"", "f") == "");
}

TEST_CASE("a zero byte is refused, wherever it stands", "[json_file]") {
  using namespace std::string_literals;
  CHECK_THAT(json_message("{\"a\": 1}\0rest"s), Contains("line 1:9: found a zero byte"));
  CHECK_THAT(json_message("{\"a\": 1}\n\0"s), Contains("line 2:1: found a zero byte"));
  CHECK_THAT(json_message("[\"a\0b\"]"s), Contains("zero byte"));
}

TEST_CASE("a repeated key is refused with its line and column", "[json_file]") {
  CHECK(json_message("{\"a\": 1,\n  \"a\": 2}") ==
        "f.json: line 2:5: not strict JSON: duplicate key 'a'");
  CHECK(json_message("{\"a\": 1, \"\\u0061\": 2}") != "accepted");
  CHECK(json_message(R"({"a": {"a": [{"a": 1}, {"a": 2}]}, "b": {"a": 3}})") == "accepted");
  CHECK_THROWS_AS(parse_ordered_json(R"({"a":1,"a":1})", "f"), FormatError);
}

TEST_CASE("what is not strict JSON is refused with its place", "[json_file]") {
  CHECK_THAT(json_message("{\"a\": 1,\n \"b\": }"), Contains("f.json: line 2:7: not JSON: "));
  CHECK_THAT(json_message("{\"a\": }", 12), Contains("line 12:7"));
  for (const char* text : {"",        " ",           "{",        "[1,]",         "{\"a\":1,}",
                           "// x\n1", "/* x */ 1",   "NaN",      "Infinity",     "-Infinity",
                           "01",      "1e999",       "+1",       "1 2",          "{'a':1}",
                           "\"\t\"",  "\"\\ud800\"", "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"",
                           "tru",     "[1",          "\"a"}) {
    CAPTURE(text);
    CHECK_THAT(json_message(text), Contains("f.json: line 1:"));
    CHECK_THAT(json_message(text), Contains("not JSON"));
  }
}

TEST_CASE("UTF-16 is refused by name", "[json_file]") {
  using namespace std::string_literals;
  CHECK_THAT(json_message("\xFF\xFE{\0}\0"s), Contains("UTF-16"));
  CHECK_THAT(json_message("\xFE\xFF\0{\0}"s), Contains("UTF-16"));
  CHECK_THAT(json_message("{\0}\0"s), Contains("UTF-16"));
  CHECK_THAT(json_message("\0{\0}"s), Contains("UTF-16"));
}

TEST_CASE("nesting ends at the limit, without recursion", "[json_file]") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(json_message(nested(100)) == "accepted");
  CHECK(json_message(nested(101)) == "f.json: line 1:101: nested deeper than 100 levels");
  CHECK_THAT(json_message(std::string(1000000, '[')), Contains("deeper"));
  std::string objects;
  for (int i = 0; i < 1000; ++i) objects += "{\"a\":";
  CHECK_THAT(json_message(objects), Contains("deeper"));
}

TEST_CASE("a message is one short printable line", "[json_file]") {
  std::string key(5000, 'k');
  const std::string repeated = json_message("{\"" + key + "\":1,\"" + key + "\":2}");
  CHECK(repeated.size() < 300);
  const std::string open = json_message("\"" + key + "\n\x1b[2J");
  CHECK(open.size() < 400);
  CHECK(open.find('\n') == std::string::npos);
  CHECK(open.find('\x1b') == std::string::npos);
}

TEST_CASE("cut and changed JSON is refused or read, and never does harm", "[json_file]") {
  const std::string text = R"({"a": [1, 2.5e-3, "x\u00e9"], "b": {"c": null, "d": true}, "e": -7})";
  for (std::size_t size = 0; size < text.size(); ++size) {
    CHECK_THAT(json_message(text.substr(0, size)), Contains("not JSON"));
  }
  std::mt19937_64 engine(11);
  int accepted = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string changed = text;
    changed[engine() % text.size()] = static_cast<char>(engine() & 0xFFU);
    const std::string message = json_message(changed);
    if (message == "accepted") ++accepted;
    CHECK((message == "accepted" || message.starts_with("f.json: ")));
  }
  CHECK(accepted > 0);
}

TEST_CASE("a file is read whole, and its absence is named", "[json_file]") {
  const phiscope::test::TempDir dir;
  std::ofstream(dir.path() / "x.json") << "{\"a\": [1]}";
  CHECK(phiscope::shard::read_json(dir.path() / "x.json")["a"][0] == 1);
  CHECK_THROWS_WITH(phiscope::shard::read_json(dir.path() / "y.json"), Contains("No such file"));
  CHECK_THROWS_WITH(phiscope::shard::read_json(dir.path()), Contains("is a directory"));
  std::ofstream(dir.path() / "empty.json").close();
  CHECK_THROWS_WITH(phiscope::shard::read_json(dir.path() / "empty.json"), Contains("not JSON"));
}

TEST_CASE("real tokenizer files give the values that nlohmann-json gives",
          "[json_file][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  for (const auto& entry : std::filesystem::directory_iterator(*reference / "tokenizers")) {
    const auto file = entry.path() / "tokenizer.json";
    if (!std::filesystem::exists(file)) continue;
    CAPTURE(file.string());
    const phiscope::shard::MappedFile mapped(file);
    CHECK((phiscope::shard::read_json(file) == nlohmann::json::parse(mapped.text())));
    break;  // one is enough: they are large
  }
}
