// SPDX-License-Identifier: MIT
#pragma once

#include "files/json_fields.hpp"
#include "files/tokenizer/aligned_text.hpp"
#include "files/tokenizer/normalizer.hpp"
#include "files/tokenizer/vocabulary.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

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
};

/// A stretch of a text: an added token, or text between them.
struct Stretch {
  Range range;
  const AddedToken* token = nullptr;  ///< nullptr: text
};

/// Texts to look for, each with a value; the longest that begins at a place wins.
class TokenTrie {
 public:
  void insert(std::string_view text, std::size_t value);
  struct Match {
    std::size_t length = 0;  ///< 0: none
    std::size_t value = 0;
  };
  [[nodiscard]] Match longest_at(std::string_view text, std::size_t at) const;

 private:
  std::array<bool, 256> begins_{};
  std::map<std::pair<std::size_t, char>, std::size_t> next_;  // (node, byte) -> node
  std::vector<std::optional<std::size_t>> values_{std::nullopt};
};

/// The added tokens of a file.
class AddedTokens {
 public:
  /// Reads `added_tokens`. @throws shard::FormatError for ids that contradict `vocabulary` or each
  /// other
  AddedTokens(const JsonFields& root, const Vocabulary& vocabulary, const Normalizer& normalizer);

  /// Cuts a text at the tokens that are looked for before normalisation (`normalized` false) or
  /// after.
  [[nodiscard]] std::vector<Stretch> split(std::string_view text, bool normalized) const;

  [[nodiscard]] const AddedToken* find(int id) const;
  [[nodiscard]] const AddedToken* find(std::string_view content) const;
  [[nodiscard]] const std::vector<AddedToken>& tokens() const { return tokens_; }

 private:
  std::vector<AddedToken> tokens_;
  std::unordered_map<int, std::size_t> by_id_;
  std::unordered_map<std::string, std::size_t> by_content_;
  TokenTrie raw_;
  TokenTrie normalized_;
};

}  // namespace phiscope::extract::tokenizer
