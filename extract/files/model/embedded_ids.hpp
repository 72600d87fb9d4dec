// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace phiscope::extract {

/// The ids that a model's embedding has rows for. A tokenizer may know more (text-only Gemma-3 has
/// 262144 rows and a token of id 262144), so ids are checked where they are used.
class EmbeddedIds {
 public:
  /// @param model  its tokenizer.json, if there, gives messages the token's text
  /// @param rows   of the embedding
  EmbeddedIds(std::filesystem::path model, std::int64_t rows);

  [[nodiscard]] bool has(std::int64_t id) const { return id >= 0 && id < rows_; }

  /// @throws shard::FormatError "<file>: <where>: token id 300 ('<image>'), expected 0 to 299, the
  /// rows of the model's embedding" for the first id without a row
  void check(std::span<const int> ids, const std::filesystem::path& file,
             const std::string& where) const;

  /// "300 ('<image>')", without the text where the tokenizer does not have the token.
  [[nodiscard]] std::string named(std::int64_t id) const;
  /// "0 to 299, the rows of the model's embedding"
  [[nodiscard]] std::string expected() const;

 private:
  std::filesystem::path model_;
  std::int64_t rows_;
};

}  // namespace phiscope::extract
