// SPDX-License-Identifier: MIT
#include "files/tokenizer/pre_tokenizer.hpp"

#include "catch.hpp"
#include "shard/file/format_error.hpp"

namespace {

using phiscope::extract::tokenizer::Pattern;
using phiscope::extract::tokenizer::Range;
using phiscope::extract::tokenizer::Split;
using phiscope::extract::tokenizer::SplitBehavior;
using Texts = std::vector<std::string>;

Texts pieces_of(const std::string& pattern, SplitBehavior behavior, const std::string& text,
                bool invert = false) {
  Texts pieces;
  const Split split{Pattern(pattern, "tokenizer.json"), behavior, invert};
  for (const Range range : split_text(split, text)) pieces.emplace_back(range.of(text));
  return pieces;
}

}  // namespace

TEST_CASE("the five behaviours cut as Hugging Face documents them", "[pre_tokenizer]") {
  const std::string text = "the-final--countdown";
  using enum SplitBehavior;
  CHECK(pieces_of("-", removed, text) == Texts{"the", "final", "countdown"});
  CHECK(pieces_of("-", isolated, text) == Texts{"the", "-", "final", "-", "-", "countdown"});
  CHECK(pieces_of("-", merged_with_previous, text) == Texts{"the-", "final-", "-", "countdown"});
  CHECK(pieces_of("-", merged_with_next, text) == Texts{"the", "-final", "-", "-countdown"});
  CHECK(pieces_of("-", contiguous, text) == Texts{"the", "-", "final", "--", "countdown"});
}

TEST_CASE("an inverted split keeps what the pattern matches", "[pre_tokenizer]") {
  CHECK(pieces_of("[a-z]+", SplitBehavior::removed, "ab12cd!", true) == Texts{"ab", "cd"});
  CHECK(pieces_of("[a-z]+", SplitBehavior::removed, "ab12cd!", false) == Texts{"12", "!"});
}

TEST_CASE("empty matches cut nothing", "[pre_tokenizer]") {
  CHECK(pieces_of("a*", SplitBehavior::isolated, "baac\u00E9") == Texts{"b", "aa", "c\u00E9"});
  CHECK(pieces_of("a*", SplitBehavior::isolated, "").empty());
}

TEST_CASE("a literal pattern matches its characters and nothing else", "[pre_tokenizer]") {
  const Pattern pattern = Pattern::literal("a.[\\E*\u2581", "tokenizer.json");
  CHECK(pattern.matches("aX[\\E*\u2581").empty());
  CHECK(pattern.matches("x a.[\\E*\u2581").size() == 1);
}

TEST_CASE("white space in a pattern is Unicode's, without the Mongolian vowel separator",
          "[pre_tokenizer]") {
  using enum SplitBehavior;
  CHECK(pieces_of(R"(\s)", removed, "a\u00A0b\u3000c\u2028d\u0085e") ==
        Texts{"a", "b", "c", "d", "e"});
  CHECK(pieces_of(R"(\s)", removed, "a\u180Eb\u200Bc").size() == 1);
  CHECK(pieces_of(R"(\S+)", removed, "a\u180Eb c", true) == Texts{"a\u180Eb", "c"});
}

TEST_CASE("a pattern without end is an error, not a hang", "[pre_tokenizer]") {
  const Pattern pattern(R"((?:a+)+[bc])", "tokenizer.json");
  CHECK_THROWS_AS(pattern.matches(std::string(60, 'a')), phiscope::shard::FormatError);
}
