// SPDX-License-Identifier: MIT
#pragma once

#include "files/json_fields.hpp"
#include "files/tokenizer/aligned_text.hpp"
#include "files/tokenizer/pattern.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace phiscope::extract::tokenizer {

/// What becomes of the matches of a Split.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

struct Split {
  Pattern pattern;
  SplitBehavior behavior = SplitBehavior::isolated;
  bool invert = false;  ///< the matches are the pieces, not what lies between them
};
/// A space before every piece that does not begin with one.
struct PrefixSpace {};
/// Spaces become a mark, and pieces get one in front.
struct Metaspace {
  enum class Prepend { always, first, never };
  std::string mark;
  Prepend prepend = Prepend::always;  ///< `first`: only at the start of the original
  std::optional<Split> split;         ///< cuts before every mark
};
using PreTokenizerStep = std::variant<Split, PrefixSpace, Metaspace>;

/// Cuts a text into the pieces that the model turns into tokens one by one.
class PreTokenizer {
 public:
  /// Reads the field `pre_tokenizer`, perhaps null.
  /// @throws shard::FormatError naming a kind that is not supported
  explicit PreTokenizer(const JsonFields& root);

  /// Pieces from left to right, none empty; may add spaces to `text`.
  [[nodiscard]] std::vector<Range> apply(AlignedText& text) const;
  /// Do the model's tokens spell bytes, one letter each?
  [[nodiscard]] bool byte_level() const { return byte_level_; }
  /// Does a text that begins with a word get a space before it?
  [[nodiscard]] bool puts_space() const;

 private:
  void read(const JsonFields& fields);
  void read_byte_level(const JsonFields& fields);
  void read_metaspace(const JsonFields& fields);

  std::vector<PreTokenizerStep> steps_;
  bool byte_level_ = false;
};

/// The pieces that `split` makes of one text. @return  ranges of `text`, none empty
[[nodiscard]] std::vector<Range> split_text(const Split& split, std::string_view text);

}  // namespace phiscope::extract::tokenizer
