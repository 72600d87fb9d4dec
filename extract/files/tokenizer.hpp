// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract {

/// The tokens of a text; the three lists have one entry per token.
struct Encoding {
  std::vector<int> ids;
  /// Bytes [begin, end) of the original text: the characters the token touches, so that the parts
  /// of a character share its range. Tokens that the post-processor adds have [0, 0].
  std::vector<std::array<std::size_t, 2>> offsets;
  std::vector<bool> special;  ///< added by the post-processor: not part of the text
};

/// A tokenizer.json with the files beside it: word-level, byte-level BPE, or BPE of characters
/// (SentencePiece's, with bytes as the fallback). Gives the ids, offsets and texts that Hugging
/// Face's `tokenizers` gives; the fields `truncation` and `padding` are left to the caller, as
/// `transformers` leaves them. Immutable: one object may be used by several threads.
class Tokenizer {
 public:
  /// Reads DIRECTORY/tokenizer.json, and the tokens that tokenizer_config.json,
  /// special_tokens_map.json and added_tokens.json have more, which get the ids that transformers
  /// 4.57.6 gives them (PreTrainedTokenizerFast). What is put before and after a text, and spaces,
  /// are those of tokenizer.json whatever the others say; see warnings(). Ids may be beyond the
  /// model's embedding, see EmbeddedIds.
  /// @throws shard::FormatError if the file is malformed or has a part that is not supported, by
  /// name
  static Tokenizer open(const std::filesystem::path& directory);

  /// As open(), of the text of a tokenizer.json without other files beside it.
  /// @param file  its name, for messages
  static Tokenizer parse(std::string_view text, const std::filesystem::path& file);

  /// @param utf8  any text, perhaps empty
  /// @param special  let the post-processor add its tokens (the start of the text, mostly)
  /// @throws std::invalid_argument if `utf8` is not valid UTF-8, naming the byte, or if the
  ///         normalizer makes it longer out of proportion
  /// @throws shard::FormatError if a part of the text has no token and the file has no unknown
  /// token
  [[nodiscard]] Encoding encode(std::string_view utf8, bool special = true) const;

  /// The text of `ids`; bytes that are not UTF-8 become U+FFFD. Ids without a token add nothing, as
  /// models have more rows than tokens.
  /// @param skip_special  leave out the tokens that the file marks as special
  [[nodiscard]] std::string decode(std::span<const int> ids, bool skip_special = false) const;

  /// Id of a token by its spelling in the file, or nothing.
  [[nodiscard]] std::optional<int> id_of(std::string_view token) const;
  /// Spelling of a token in the file (byte-level letters, not text), or nothing.
  [[nodiscard]] std::optional<std::string> token_of(int id) const;
  [[nodiscard]] bool is_special(int id) const;  ///< marked special in the file
  /// Id that stands for what the vocabulary does not have, or nothing (byte-level tokenizers).
  [[nodiscard]] std::optional<int> unknown_id() const;
  [[nodiscard]] std::size_t size() const;  ///< number of tokens
  /// Where tokenizer_config.json, special_tokens_map.json or added_tokens.json contradict
  /// tokenizer.json or each other, and which is followed.
  [[nodiscard]] const std::vector<std::string>& warnings() const;
  [[nodiscard]] std::string_view kind() const;  ///< "WordLevel", "byte-level BPE", ...

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;
  ~Tokenizer();

 private:
  struct Parts;
  explicit Tokenizer(std::unique_ptr<const Parts> parts);
  std::unique_ptr<const Parts> parts_;
};

}  // namespace phiscope::extract
