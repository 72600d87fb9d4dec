// SPDX-License-Identifier: MIT
#include "patching/span.hpp"

#include "catch.hpp"

#include <string>

using namespace phiscope::extract;

namespace {

using Offsets = std::vector<std::array<std::size_t, 2>>;

/// By the definition: every token's characters one at a time.
std::optional<TokenSpan> slow(const std::vector<std::size_t>& starts, int begin, int end,
                              const Offsets& offsets) {
  TokenSpan span{.begin = -1, .end = -1};
  for (std::size_t t = 0; t < offsets.size(); ++t) {
    bool touches = false;
    for (int c = begin; c < end; ++c) {
      for (std::size_t byte = starts[static_cast<std::size_t>(c)];
           byte < starts[static_cast<std::size_t>(c) + 1]; ++byte) {
        touches = touches || (offsets[t][0] <= byte && byte < offsets[t][1]);
      }
    }
    if (!touches) continue;
    if (span.begin < 0) span.begin = static_cast<int>(t);
    span.end = static_cast<int>(t) + 1;
  }
  return span.begin < 0 ? std::nullopt : std::optional(span);
}

}  // namespace

TEST_CASE("characters are counted, not bytes", "[span]") {
  CHECK(character_starts("") == std::vector<std::size_t>{0});
  CHECK(character_starts("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z") ==
        std::vector<std::size_t>{0, 1, 3, 6, 10, 11});
}

TEST_CASE("a span has the tokens that touch its characters", "[span]") {
  // <s> "Tom" " has" " 16" " €" (two tokens of parts of the sign) "."
  const std::string text = "Tom has 16 \xE2\x82\xAC.";
  const Offsets offsets{{0, 0}, {0, 3}, {3, 7}, {7, 10}, {10, 14}, {11, 14}, {14, 15}};
  const auto of = [&](int begin, int end) { return tokens_touching(text, {begin, end}, offsets); };
  CHECK(of(0, 3) == TokenSpan{1, 2});
  CHECK(of(8, 10) == TokenSpan{3, 4});   // "16"
  CHECK(of(9, 10) == TokenSpan{3, 4});   // a part of a token counts whole
  CHECK(of(7, 8) == TokenSpan{3, 4});    // the space before it
  CHECK(of(11, 12) == TokenSpan{4, 6});  // the sign, which two tokens share
  CHECK(of(12, 13) == TokenSpan{6, 7});
  CHECK(of(0, 13) == TokenSpan{1, 7});  // never what was added to the text
  CHECK_FALSE(of(12, 14));              // beyond the text
  CHECK_FALSE(of(13, 14));
  CHECK_FALSE(of(3, 3));
  const std::vector<std::size_t> starts = character_starts(text);
  for (int begin = 0; begin < 13; ++begin) {
    for (int end = begin + 1; end <= 13; ++end) {
      CAPTURE(begin, end);
      CHECK(of(begin, end) == slow(starts, begin, end, offsets));
    }
  }
  // White space that a tokenizer leaves out has no token.
  CHECK_FALSE(tokens_touching("a b", {1, 2}, {{0, 1}, {2, 3}}));
}
