// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace phiscope::extract::tokenizer {

/// A text that a normalizer or decoder makes out of proportion.
class OverlongText : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// How long a text may become on its way through the steps of a normalizer or decoder. Each step
/// may multiply what the step before made: forty that double make a terabyte of one letter.
class LengthLimit {
 public:
  static constexpr std::size_t factor = 100;   ///< tokenizers in use make 3 bytes of a space
  static constexpr std::size_t margin = 1000;  ///< bytes, for what is put before a short text

  /// @param whose  "normalizer" or "decoder"
  /// @param given  bytes of the text before the first step
  LengthLimit(std::string_view whose, std::size_t given)
      : whose_(whose), given_(given), most_(factor * given + margin) {}

  /// @throws OverlongText if `bytes` are more than a step may leave
  void check(std::size_t bytes) const {
    if (bytes <= most_) return;
    throw OverlongText("the tokenizer's " + std::string(whose_) + " makes more than " +
                       std::to_string(most_) + " bytes of a text of " + std::to_string(given_) +
                       ", expected at most " + std::to_string(factor) + " times as many and " +
                       std::to_string(margin));
  }

 private:
  std::string_view whose_;
  std::size_t given_;
  std::size_t most_;
};

}  // namespace phiscope::extract::tokenizer
