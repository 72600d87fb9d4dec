// SPDX-License-Identifier: MIT
#include "shard/format_error.hpp"

namespace phiscope::shard {

std::string quote_bytes(std::string_view bytes, std::size_t limit) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "'";
  for (const char c : bytes.substr(0, limit)) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20 && code < 0x7F) {
      text += c;
    } else {
      text += {'\\', 'x', digits[code >> 4U], digits[code & 15U]};
    }
  }
  text += '\'';
  if (bytes.size() > limit) text += "...";
  return text;
}

}  // namespace phiscope::shard
