// SPDX-License-Identifier: MIT
#include "shard/file/format_error.hpp"

#include "catch.hpp"

#include <nlohmann/json.hpp>

using phiscope::shard::FormatError;
using phiscope::shard::path_text;
using phiscope::shard::printable;

TEST_CASE("text that is UTF-8 on one line stays as it is", "[format_error]") {
  for (const std::string text :
       {"", "a b/c.json", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "a\\x0a"}) {
    CHECK(printable(text) == text);
  }
}

TEST_CASE("bytes that no line of text can hold are escaped", "[format_error]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a\nb\tc\x7F", "a\\x0ab\\x09c\\x7f"},
      {std::string("\0", 1), "\\x00"},
      {"\x1B[31m", "\\x1b[31m"},
      {"m\xFF.json", "m\\xff.json"},
      {"\xC3", "\\xc3"},  // cut off
      {"\xC3(", "\\xc3("},
      {"\xC0\xAF", "\\xc0\\xaf"},  // a longer form of '/'
      {"\xE0\x80\xAF", "\\xe0\\x80\\xaf"},
      {"\xED\xA0\x80", "\\xed\\xa0\\x80"},           // a surrogate
      {"\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // beyond Unicode
      {"\xC2\x85", "\\xc2\\x85"},                    // a line break of Latin-1
      {"\xE2\x82", "\\xe2\\x82"},
  };
  for (const auto& [bytes, text] : cases) {
    CHECK(printable(bytes) == text);
    // What nlohmann-json takes as text is an independent judge of UTF-8.
    CHECK_NOTHROW(nlohmann::json(printable(bytes)).dump());
  }
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes{static_cast<char>(first), static_cast<char>(second), 'x'};
      bool valid = true;
      try {
        static_cast<void>(nlohmann::json(bytes).dump());
      } catch (const nlohmann::json::type_error&) {
        valid = false;
      }
      const bool control = first < 0x20 || first == 0x7F || second < 0x20 || second == 0x7F ||
                           (first == 0xC2 && second < 0xA0);
      CHECK((printable(bytes) == bytes) == (valid && !control));
    }
  }
}

TEST_CASE("a message is one line whatever the path is", "[format_error]") {
  CHECK(std::string(FormatError("dir\n/m\xFF.json", "x is 1, expected 2").what()) ==
        "dir\\x0a/m\\xff.json: x is 1, expected 2");
  CHECK(path_text("a\rb") == "a\\x0db");
}
