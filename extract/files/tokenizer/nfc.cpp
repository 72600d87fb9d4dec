// SPDX-License-Identifier: MIT
#include "files/tokenizer/normalizer.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>
#include <utf8proc.h>

namespace phiscope::extract::tokenizer {

namespace {

/// Characters below are in normal form C unless something from here on follows.
constexpr char32_t first_combining = 0x300;

/// Marks and composites that Unicode added after version 9, up to 15. The library behind Hugging
/// Face's tokenizers knows Unicode 9 and leaves them where they are, so we do.
constexpr std::array<std::array<char32_t, 2>, 38> unknown_marks{{
    {0x7FD, 0x7FD},     {0x898, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},
    {0xC3C, 0xC3C},     {0xD3B, 0xD3C},     {0xEBA, 0xEBA},     {0xECE, 0xECE},
    {0x1715, 0x1715},   {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},   {0xA82C, 0xA82C},
    {0x10D24, 0x10D27}, {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF}, {0x10F46, 0x10F50},
    {0x10F82, 0x10F85}, {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E},
    {0x11839, 0x1183A}, {0x11938, 0x11938}, {0x1193D, 0x1193E}, {0x11943, 0x11943},
    {0x119E0, 0x119E0}, {0x11A34, 0x11A34}, {0x11A47, 0x11A47}, {0x11A99, 0x11A99},
    {0x11D42, 0x11D42}, {0x11D44, 0x11D45}, {0x11D97, 0x11D97}, {0x11F41, 0x11F42},
    {0x16FF0, 0x16FF1}, {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE},
    {0x1E2EC, 0x1E2EF}, {0x1E4EC, 0x1E4EF},
}};

bool is_unknown(char32_t code) {
  const auto* const after =
      std::ranges::upper_bound(unknown_marks, code, {}, [](const auto& ends) { return ends[0]; });
  return after != unknown_marks.begin() && code <= (*std::prev(after))[1];
}

/// A character on its way, and how many characters of the input it replaces beyond one: +1 for
/// one that was inserted, -n for one that swallowed n others.
struct Part {
  char32_t code = 0;
  int combining_class = 0;
  int change = 0;
};

int class_of(char32_t code) {
  if (is_unknown(code)) return 0;
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(code))->combining_class;
}

void append_decomposed(std::vector<Part>& parts, char32_t code) {
  if (is_unknown(code)) {
    parts.push_back({.code = code});
    return;
  }
  std::array<utf8proc_int32_t, 8> codes{};  // no character has more than 4 canonical parts
  int unused_boundary = 0;
  const auto n = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), codes.data(),
                                         static_cast<utf8proc_ssize_t>(codes.size()),
                                         UTF8PROC_DECOMPOSE, &unused_boundary);
  if (n < 1 || n > static_cast<utf8proc_ssize_t>(codes.size())) {
    throw std::logic_error("utf8proc: no decomposition of a valid character");
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    const auto part = static_cast<char32_t>(codes[i]);
    parts.push_back({part, class_of(part), i == 0 ? 0 : 1});
  }
}

/// The character that `first` and `second` compose to, or 0.
char32_t composed(char32_t first, char32_t second) {
  std::array<utf8proc_int32_t, 2> pair{static_cast<utf8proc_int32_t>(first),
                                       static_cast<utf8proc_int32_t>(second)};
  const auto length = utf8proc_normalize_utf32(
      pair.data(), 2, static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  const auto code = static_cast<char32_t>(pair[0]);
  return length == 1 && !is_unknown(code) ? code : 0;
}

/// Marks after each starter in the order of their classes; equal classes keep theirs.
void reorder(std::vector<Part>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].combining_class == 0) continue;
    std::size_t end = i;
    while (end < parts.size() && parts[end].combining_class != 0) ++end;
    std::stable_sort(
        parts.begin() + static_cast<std::ptrdiff_t>(i),
        parts.begin() + static_cast<std::ptrdiff_t>(end),
        [](const Part& a, const Part& b) { return a.combining_class < b.combining_class; });
    i = end - 1;
  }
}

/// The canonical composition algorithm (Unicode standard, D117).
std::vector<Part> compose(const std::vector<Part>& parts) {
  std::vector<Part> out;
  std::ptrdiff_t starter = -1;
  int last_class = -1;  // of what is between the starter and here; -1: nothing
  for (const Part& part : parts) {
    const bool blocked = last_class >= part.combining_class;
    if (starter >= 0 && !blocked) {
      Part& first = out[static_cast<std::size_t>(starter)];
      if (const char32_t code = composed(first.code, part.code); code != 0) {
        first.code = code;
        first.change += part.change - 1;
        continue;
      }
    }
    if (part.combining_class == 0) {
      starter = static_cast<std::ptrdiff_t>(out.size());
      last_class = -1;
    } else {
      last_class = part.combining_class;
    }
    out.push_back(part);
  }
  return out;
}

bool needs_work(std::string_view text) {
  // The lead byte of U+0300 is 0xCC; all lower ones are for characters below.
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0xCC; });
}

/// The result of a composition, byte by byte, with the sources of the input's characters.
class Output {
 public:
  explicit Output(const AlignedText& input) : input_(input) {
    bytes_.reserve(input.bytes.size());
    sources_.reserve(input.bytes.size());
  }
  /// Appends a part that begins at the input's next character, unless it was inserted.
  void append(const Part& part) {
    Range source;
    if (part.change > 0) {
      if (at_ > 0) source = input_.sources[at_ - 1];
    } else {
      source = input_.sources[at_];
      for (int i = 0; i <= -part.change; ++i) at_ += character_at(input_.bytes, at_).bytes;
    }
    append_utf8(bytes_, part.code);
    sources_.resize(bytes_.size(), source);
  }
  void move_into(AlignedText& text) {
    text.bytes = std::move(bytes_);
    text.sources = std::move(sources_);
  }

 private:
  const AlignedText& input_;
  std::size_t at_ = 0;
  std::string bytes_;
  std::vector<Range> sources_;
};

}  // namespace

void compose_canonically(AlignedText& text) {
  if (!needs_work(text.bytes)) return;
  text.make_sources();
  Output output(text);
  std::vector<Part> parts;
  const std::size_t n = text.bytes.size();
  for (std::size_t at = 0; at < n;) {
    const auto combines_at = [&](std::size_t i) {
      return i < n && character_at(text.bytes, i).code >= first_combining;
    };
    const Character first = character_at(text.bytes, at);
    at += first.bytes;
    if (first.code < first_combining && !combines_at(at)) {
      output.append({.code = first.code});
      continue;
    }
    // One stretch: a character and all those after it that might combine.
    parts.clear();
    append_decomposed(parts, first.code);
    while (combines_at(at)) {
      const Character next = character_at(text.bytes, at);
      append_decomposed(parts, next.code);
      at += next.bytes;
    }
    reorder(parts);
    for (const Part& part : compose(parts)) output.append(part);
  }
  output.move_into(text);
}

}  // namespace phiscope::extract::tokenizer
