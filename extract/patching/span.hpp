// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// Positions [begin, end) of tokens.
struct TokenSpan {
  int begin = 0;
  int end = 0;
  [[nodiscard]] int size() const { return end - begin; }
  friend bool operator==(const TokenSpan&, const TokenSpan&) = default;
};

/// The byte at which each character (code point) of a text begins, and its size in bytes after
/// them; [characters + 1].
inline std::vector<std::size_t> character_starts(std::string_view utf8) {
  std::vector<std::size_t> starts;
  starts.reserve(utf8.size() + 1);
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const bool continues = (static_cast<unsigned char>(utf8[i]) & 0xC0U) == 0x80U;
    if (!continues) starts.push_back(i);
  }
  starts.push_back(utf8.size());
  return starts;
}

/// The tokens that touch the characters [begin, end) of a text: a token that only begins or ends
/// among them counts whole, as " 16" does for the characters "16".
/// @param offsets  bytes [begin, end) of each token; [0, 0] for one that is not of the text
/// @return  nothing where the characters lie beyond the text or no token touches them
inline std::optional<TokenSpan> tokens_touching(
    std::string_view utf8, const std::array<int, 2>& characters,
    const std::vector<std::array<std::size_t, 2>>& offsets) {
  const std::vector<std::size_t> starts = character_starts(utf8);
  const auto begin = static_cast<std::size_t>(characters[0]);
  const auto end = static_cast<std::size_t>(characters[1]);
  if (begin >= end || end >= starts.size()) return std::nullopt;
  const auto touches = [&](const std::array<std::size_t, 2>& bytes) {
    return bytes[0] < starts[end] && bytes[1] > starts[begin];
  };
  const auto first = std::ranges::find_if(offsets, touches);
  if (first == offsets.end()) return std::nullopt;
  const auto last = std::find_if(offsets.rbegin(), offsets.rend(), touches).base();
  return TokenSpan{static_cast<int>(first - offsets.begin()),
                   static_cast<int>(last - offsets.begin())};
}

}  // namespace phiscope::extract
