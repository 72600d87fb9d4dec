// SPDX-License-Identifier: MIT
#include "shard/file/format_error.hpp"

namespace phiscope::shard {

namespace {

void append_escaped(std::string& text, unsigned char code) {
  constexpr std::string_view digits = "0123456789abcdef";
  text += {'\\', 'x', digits[code >> 4U], digits[code & 15U]};
}

/// Bytes of the character that `text` begins with, 0 if it is no UTF-8 or a control character.
std::size_t character_size(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xC0U) != 0x80U) return 0;
  }
  // Control characters of Latin-1, then what shorter forms, surrogates and the end of Unicode
  // forbid of the second byte.
  if (first == 0xC2 && at(1) < 0xA0) return 0;
  if ((first == 0xE0 && at(1) < 0xA0) || (first == 0xED && at(1) > 0x9F)) return 0;
  if ((first == 0xF0 && at(1) < 0x90) || (first == 0xF4 && at(1) > 0x8F)) return 0;
  return size;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 0) {
      append_escaped(out, static_cast<unsigned char>(text.front()));
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

std::string path_text(const std::filesystem::path& path) {
  return printable(path.string());
}

std::string quote_bytes(std::string_view bytes, std::size_t limit) {
  std::string text = "'";
  for (const char c : bytes.substr(0, limit)) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code < 0x7F) {
      text += c;
    } else {
      append_escaped(text, code);
    }
  }
  text += '\'';
  if (bytes.size() > limit) text += "...";
  return text;
}

}  // namespace phiscope::shard
