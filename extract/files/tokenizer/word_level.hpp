// SPDX-License-Identifier: MIT
#pragma once

#include "files/tokenizer/bpe.hpp"
#include "files/tokenizer/vocabulary.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace phiscope::extract::tokenizer {

/// Every piece is one token: itself, or the unknown token.
class WordLevel {
 public:
  /// Reads `model` of type WordLevel. @throws shard::FormatError naming a field that is not
  /// supported
  WordLevel(const JsonFields& model, const Vocabulary& vocabulary);

  /// Appends the token of one piece.
  /// @throws shard::FormatError if it is not in the vocabulary and the unknown token is not either
  void tokenize(std::string_view piece, const Vocabulary& vocabulary,
                std::vector<ModelToken>& tokens) const;

  [[nodiscard]] static std::string_view kind() { return "WordLevel"; }
  [[nodiscard]] std::optional<int> unknown() const { return unknown_; }

 private:
  std::filesystem::path file_;
  std::optional<int> unknown_;
};

}  // namespace phiscope::extract::tokenizer
