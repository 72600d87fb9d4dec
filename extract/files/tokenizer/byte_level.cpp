// SPDX-License-Identifier: MIT
#include "files/tokenizer/byte_level.hpp"

#include "files/tokenizer/utf8.hpp"

namespace phiscope::extract::tokenizer {

namespace {

constexpr bool is_visible(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) ||
         (byte >= 0xAE && byte <= 0xFF);
}

constexpr char32_t first_substitute = 0x100;

constexpr std::array<char32_t, 256> make_letters() {
  std::array<char32_t, 256> letters{};
  char32_t next = first_substitute;
  for (unsigned byte = 0; byte < 256; ++byte) letters[byte] = is_visible(byte) ? byte : next++;
  return letters;
}
constexpr std::array<char32_t, 256> letters = make_letters();

/// Inverse of `letters`: -1 for characters below U+0200 that encode no byte.
constexpr std::array<int, 0x200> make_bytes() {
  std::array<int, 0x200> bytes{};
  for (int& byte : bytes) byte = -1;
  for (unsigned byte = 0; byte < 256; ++byte) bytes[letters[byte]] = static_cast<int>(byte);
  return bytes;
}
constexpr std::array<int, 0x200> bytes_of_letters = make_bytes();

}  // namespace

const std::array<std::string, 256>& byte_letters() {
  static const std::array<std::string, 256> texts = [] {
    std::array<std::string, 256> made;
    for (std::size_t byte = 0; byte < 256; ++byte) append_utf8(made[byte], letters[byte]);
    return made;
  }();
  return texts;
}

std::optional<unsigned char> byte_of_letter(char32_t letter) {
  if (letter >= bytes_of_letters.size() || bytes_of_letters[letter] < 0) return std::nullopt;
  return static_cast<unsigned char>(bytes_of_letters[letter]);
}

void append_token_bytes(std::string& bytes, std::string_view token) {
  const std::size_t before = bytes.size();
  for (std::size_t at = 0; at < token.size();) {
    const Character character = character_at(token, at);
    const auto byte = byte_of_letter(character.code);
    if (!byte) {
      bytes.resize(before);
      bytes += token;
      return;
    }
    bytes += static_cast<char>(*byte);
    at += character.bytes;
  }
}

}  // namespace phiscope::extract::tokenizer
