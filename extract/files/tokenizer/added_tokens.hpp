// SPDX-License-Identifier: MIT
#pragma once

#include "files/json_fields.hpp"
#include "files/tokenizer/added_token.hpp"
#include "files/tokenizer/aligned_text.hpp"
#include "files/tokenizer/companions.hpp"
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

/// The added tokens of tokenizer.json and of the files beside it.
class AddedTokens {
 public:
  /// Reads `added_tokens`, and adds what `beside` has more, as transformers does: a token of the
  /// vocabulary keeps its id, another gets the next free one, whatever id the file says; flags of
  /// those files win. @throws shard::FormatError for ids that contradict `vocabulary` or each other
  AddedTokens(const JsonFields& root, const Companions& beside, const Vocabulary& vocabulary,
              const Normalizer& normalizer);

  /// Cuts a text at the tokens that are looked for before normalisation (`normalized` false) or
  /// after.
  [[nodiscard]] std::vector<Stretch> split(std::string_view text, bool normalized) const;

  [[nodiscard]] const AddedToken* find(int id) const;
  [[nodiscard]] const AddedToken* find(std::string_view content) const;
  [[nodiscard]] const std::vector<AddedToken>& tokens() const { return tokens_; }
  /// What the files beside say otherwise of a token, one line each at most per kind.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  /// How a text is looked for.
  struct Forms {
    bool raw = false;         ///< before normalisation
    bool normalized = false;  ///< after it
    bool special = false;
  };

  void read(const JsonFields& root, const Vocabulary& vocabulary);
  void register_forms(const std::vector<AddedToken>& tokens);
  void add_all(const std::vector<AddedToken>& more, const std::filesystem::path& file,
               const Vocabulary& vocabulary);
  [[nodiscard]] int next_id(const Vocabulary& vocabulary) const;
  [[nodiscard]] int free_id(const AddedToken& token, const std::filesystem::path& file,
                            const Vocabulary& vocabulary) const;
  void warn_of(const std::vector<AddedToken>& more, const std::vector<AddedToken>& own,
               std::string_view file);

  std::vector<AddedToken> tokens_;
  int largest_id_ = -1;  // of tokens_
  std::unordered_map<int, std::size_t> by_id_;
  std::unordered_map<std::string, std::size_t> by_content_;
  std::unordered_map<std::string, Forms> forms_;
  std::vector<std::string> warnings_;
  TokenTrie raw_;
  TokenTrie normalized_;
};

}  // namespace phiscope::extract::tokenizer
