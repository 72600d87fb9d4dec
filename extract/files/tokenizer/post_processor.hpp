// SPDX-License-Identifier: MIT
#pragma once

#include "files/json_fields.hpp"
#include "files/tokenizer.hpp"

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace phiscope::extract::tokenizer {

/// Takes white space at the ends of tokens out of their offsets.
struct TrimOffsets {
  bool add_prefix_space =
      false;  ///< the first token may begin with a space that was not in the text
};
/// Ids put before and after the text's own.
struct Template {
  std::vector<int> before;
  std::vector<int> after;
};
/// An encoding under way.
struct Draft {
  std::string_view text;  ///< the original
  Encoding encoding = {};
  /// Per token: for an added token what it took of the text, white space included; else empty.
  std::vector<std::string> taken = {};
  void append(int id, std::array<std::size_t, 2> offsets, std::string_view taken_text = {}) {
    encoding.ids.push_back(id);
    encoding.offsets.push_back(offsets);
    encoding.special.push_back(false);
    taken.emplace_back(taken_text);
  }
};
using PostProcessorStep = std::variant<TrimOffsets, Template>;

/// Finds a token's id by its spelling, or its spelling by its id.
struct TokenLookup {
  std::function<std::optional<int>(std::string_view)> id_of;
  std::function<std::optional<std::string>(int)> token_of;
};

/// What is done to the tokens of a text as a whole.
class PostProcessor {
 public:
  /// Reads the field `post_processor`, perhaps null.
  /// @throws shard::FormatError naming a kind that is not supported or a token that does not exist
  PostProcessor(const JsonFields& root, const TokenLookup& lookup);

  /// @param special  let the templates add their tokens
  void apply(Draft& draft, bool special, const TokenLookup& lookup) const;
  /// The ids that the templates put before a text, or after it.
  [[nodiscard]] std::vector<int> around(bool before) const;

 private:
  void read(const JsonFields& fields, const TokenLookup& lookup);
  void read_template(const JsonFields& fields, const TokenLookup& lookup);
  void read_classifier(const JsonFields& fields, const TokenLookup& lookup, bool trims);

  std::vector<PostProcessorStep> steps_;
};

}  // namespace phiscope::extract::tokenizer
