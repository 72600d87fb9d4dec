// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace phiscope::extract::tokenizer {

/// Offset of the first byte that is not part of valid UTF-8 (no surrogates, no overlong forms, at
/// most U+10FFFF), or the size of `text`.
[[nodiscard]] std::size_t first_invalid_utf8(std::string_view text);

/// A character of valid UTF-8 with its length in bytes.
struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;
};
/// The character at byte `at`. @pre `text` is valid UTF-8, `at` is the first byte of a character
[[nodiscard]] Character character_at(std::string_view text, std::size_t at);

/// First byte of the character that byte `at` belongs to; the size of `text` for its end.
[[nodiscard]] inline std::size_t character_begin(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
    --at;
  return at;
}
/// `at` moved forward to the next boundary between characters, where it is not one.
[[nodiscard]] inline std::size_t character_end(std::string_view text, std::size_t at) {
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  return at;
}

void append_utf8(std::string& text, char32_t code);

/// `bytes` with every maximal part that is not UTF-8 replaced by U+FFFD, as Rust's from_utf8_lossy.
[[nodiscard]] std::string lossy_utf8(std::string_view bytes);

[[nodiscard]] bool is_white_space(char32_t code);  ///< Unicode White_Space
[[nodiscard]] bool is_word(char32_t code);         ///< \w of Unicode's regular expressions (UTS 18)

}  // namespace phiscope::extract::tokenizer
