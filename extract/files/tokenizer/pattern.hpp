// SPDX-License-Identifier: MIT
#pragma once

#include "files/json_fields.hpp"
#include "files/tokenizer/aligned_text.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::extract::tokenizer {

/// A compiled regular expression (or plain text) that finds what Hugging Face's tokenizers find.
class Pattern {
 public:
  /// @param expression  in the part of Oniguruma's syntax that PCRE2 reads alike; the rest is
  /// refused
  /// @param file  named in messages
  /// @throws shard::FormatError "pattern <expression>: ..." if it is malformed or not supported
  Pattern(std::string_view expression, const std::filesystem::path& file);
  /// A pattern that matches `text` itself.
  static Pattern literal(std::string_view text, const std::filesystem::path& file);

  /// The non-empty matches from left to right. @pre `text` is valid UTF-8
  /// @throws shard::FormatError if a match needs more steps or memory than is sensible
  [[nodiscard]] std::vector<Range> matches(std::string_view text) const;

 private:
  struct Free {
    void operator()(void* code) const noexcept;
  };
  std::string expression_;
  std::filesystem::path file_;
  std::unique_ptr<void, Free> code_;
  bool names_space_ = false;
};

}  // namespace phiscope::extract::tokenizer
