// SPDX-License-Identifier: MIT
#pragma once

#include "files/json_fields.hpp"
#include "files/tokenizer/aligned_text.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace phiscope::extract::tokenizer {

struct Nfc {};  ///< canonical composition
struct Prepend {
  std::string text;  ///< put before every text that is not empty
};
struct ReplaceText {
  std::string from;
  std::string to;
};
using NormalizerStep = std::variant<Nfc, Prepend, ReplaceText>;

/// The changes made to a text before it is split.
class Normalizer {
 public:
  /// Reads the field `normalizer`, perhaps null.
  /// @throws shard::FormatError naming a kind that is not supported
  explicit Normalizer(const JsonFields& root);

  /// @throws OverlongText for a text that becomes longer than LengthLimit allows
  void apply(AlignedText& text) const;
  [[nodiscard]] std::string applied(std::string_view text) const;
  [[nodiscard]] bool prepends() const;  ///< something, to every text

 private:
  std::vector<NormalizerStep> steps_;
};

/// Unicode's normal form C, with the sources of every byte as Hugging Face counts them: a composed
/// character comes from the first of its parts, one inserted by a reordering from what stands
/// before it.
void compose_canonically(AlignedText& text);

}  // namespace phiscope::extract::tokenizer
