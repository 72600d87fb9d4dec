// SPDX-License-Identifier: MIT
#pragma once

#include "files/json_fields.hpp"
#include "files/tokenizer/normalizer.hpp"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace phiscope::extract::tokenizer {

struct DecodeByteLevel {};     ///< letters to bytes, all tokens together
struct DecodeByteFallback {};  ///< <0x0A> to bytes; what is not UTF-8 becomes one U+FFFD per byte
struct Fuse {};                ///< all tokens to one
struct StripEnds {
  char32_t character = U' ';
  std::int64_t start = 0;  ///< at most so many at the start of every token
  std::int64_t stop = 0;   ///< and at its end
};
struct DecodeMetaspace {
  std::string mark;          ///< becomes a space
  bool drops_first = false;  ///< but nothing in the first token
};
using DecoderStep = std::variant<DecodeByteLevel, DecodeByteFallback, DecodeMetaspace, Fuse,
                                 StripEnds, ReplaceText>;

/// From tokens back to text.
class Decoder {
 public:
  /// Reads the field `decoder`; null: the tokens, joined by spaces.
  /// @throws shard::FormatError naming a kind that is not supported
  explicit Decoder(const JsonFields& root);

  /// @throws OverlongText for a text that becomes longer than LengthLimit allows
  [[nodiscard]] std::string apply(std::vector<std::string> tokens) const;

 private:
  void read(const JsonFields& fields);

  bool joins_by_space_ = true;
  std::vector<DecoderStep> steps_;
};

}  // namespace phiscope::extract::tokenizer
