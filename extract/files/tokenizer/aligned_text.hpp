// SPDX-License-Identifier: MIT
#pragma once

#include "files/tokenizer/utf8.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract::tokenizer {

/// Bytes [begin, end) of a text.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] bool empty() const { return begin == end; }
  [[nodiscard]] std::size_t size() const { return end - begin; }
  [[nodiscard]] std::string_view of(std::string_view text) const {
    return text.substr(begin, end - begin);
  }
};

/// Text on its way from the original to tokens, with the place every byte comes from.
struct AlignedText {
  std::string bytes;
  std::size_t base = 0;  ///< unchanged text: `bytes` are those of the original from here on
  /// Changed text: per byte, the original's range of the character it comes from; else empty.
  std::vector<Range> sources = {};

  /// The part of the original that bytes [part.begin, part.end) come from: whole characters.
  [[nodiscard]] Range source_of(Range part) const {
    if (!sources.empty()) return {sources[part.begin].begin, sources[part.end - 1].end};
    return {base + character_begin(bytes, part.begin), base + character_end(bytes, part.end)};
  }

  /// Gives `sources` a range per byte, so that bytes can be changed.
  void make_sources() {
    if (!sources.empty()) return;
    sources.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size();) {
      const std::size_t n = character_at(bytes, i).bytes;
      sources.insert(sources.end(), n, Range{base + i, base + i + n});
      i += n;
    }
  }
};

}  // namespace phiscope::extract::tokenizer
