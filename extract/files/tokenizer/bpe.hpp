// SPDX-License-Identifier: MIT
#pragma once

#include "files/json_fields.hpp"
#include "files/tokenizer/aligned_text.hpp"
#include "files/tokenizer/vocabulary.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace phiscope::extract::tokenizer {

/// A token and the bytes of its piece.
struct ModelToken {
  int id = 0;
  Range range;
};

/// Pairs of token ids with what they merge to: an open-addressing table.
class MergeTable {
 public:
  struct Merge {
    std::uint32_t rank = 0;  ///< lower ones are applied first
    int id = 0;              ///< of the merged token
  };
  explicit MergeTable(std::size_t merges);
  void insert(int left, int right, Merge merge);
  [[nodiscard]] const Merge* find(int left, int right) const;

 private:
  struct Slot {
    std::uint64_t key = empty_key;
    Merge merge;
  };
  static constexpr std::uint64_t empty_key = ~std::uint64_t{0};
  [[nodiscard]] std::size_t slot_of(std::uint64_t key) const;
  std::vector<Slot> slots_;  // a power of two of them, at most half full
};

/// Byte pair encoding: the pieces' characters (or bytes), merged pair by pair in the order of the
/// ranks.
class Bpe {
 public:
  /// Reads `model` of type BPE.
  /// @param byte_level  the tokens spell bytes (@see byte_letters), else characters
  /// @throws shard::FormatError naming a field that is not supported or a merge that is malformed
  Bpe(const JsonFields& model, const Vocabulary& vocabulary, bool byte_level);

  /// Appends the tokens of one piece. O(n log n) in its length.
  /// @throws shard::FormatError if a character has no token and there is no unknown token
  void tokenize(std::string_view piece, const Vocabulary& vocabulary,
                std::vector<ModelToken>& tokens) const;

  [[nodiscard]] std::string_view kind() const;
  [[nodiscard]] std::optional<int> unknown() const { return unknown_; }

 private:
  struct Symbol;
  void read_merges(const JsonFields& model, const Vocabulary& vocabulary);
  void read_fallbacks(const JsonFields& model, const Vocabulary& vocabulary);
  [[nodiscard]] std::optional<int> whole(std::string_view piece,
                                         const Vocabulary& vocabulary) const;
  [[nodiscard]] std::vector<Symbol> letters(std::string_view piece,
                                            const Vocabulary& vocabulary) const;
  void append_unknown(std::vector<Symbol>& symbols, std::string_view piece, Range character) const;
  void merge(std::vector<Symbol>& symbols) const;

  std::filesystem::path file_;
  MergeTable merges_;
  bool byte_level_ = false;
  bool byte_fallback_ = false;
  bool fuse_unknown_ = false;
  bool ignore_merges_ = false;  // a piece that is a token stays whole
  std::optional<int> unknown_;
  std::array<int, 256> byte_ids_{};  // of single bytes: letters, or <0xNN>; -1: none
};

}  // namespace phiscope::extract::tokenizer
