// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace phiscope::extract::tokenizer {

/// A token that is found in the text as a whole, before the text is split.
struct AddedToken {
  std::string content;
  std::string text;  ///< what is looked for and decoded: `content`, perhaps normalised
  int id = 0;
  bool single_word = false;  ///< only where no word character touches it
  bool lstrip = false;       ///< takes the white space before it along
  bool rstrip = false;       ///< and after it
  bool normalized = false;   ///< looked for after normalisation, in its own normalised form
  bool special = false;      ///< left out of a text on demand

  /// Found in the same places of every text?
  [[nodiscard]] bool is_found_like(const AddedToken& other) const {
    return content == other.content && single_word == other.single_word && lstrip == other.lstrip &&
           rstrip == other.rstrip && normalized == other.normalized;
  }
  /// The same but for the id?
  [[nodiscard]] bool equals(const AddedToken& other) const {
    return is_found_like(other) && special == other.special;
  }
  /// The same for tokens of which equals() holds, and another for all others.
  [[nodiscard]] std::string key() const {
    std::string flags;
    for (const bool flag : {single_word, lstrip, rstrip, normalized, special}) {
      flags += flag ? '1' : '0';
    }
    return flags + content;
  }
};

}  // namespace phiscope::extract::tokenizer
