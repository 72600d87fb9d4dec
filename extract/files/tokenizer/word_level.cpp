// SPDX-License-Identifier: MIT
#include "files/tokenizer/word_level.hpp"

#include "files/tokenizer/component.hpp"

namespace phiscope::extract::tokenizer {

WordLevel::WordLevel(const JsonFields& model, const Vocabulary& vocabulary) : file_(model.file()) {
  expect_only(model, {"type", "vocab", "unk_token"});
  if (model.has("unk_token")) unknown_ = vocabulary.id_of(model.text("unk_token"));
}

void WordLevel::tokenize(std::string_view piece, const Vocabulary& vocabulary,
                         std::vector<ModelToken>& tokens) const {
  const auto own = vocabulary.id_of(piece);
  const auto id = own ? own : unknown_;
  if (!id) {
    throw shard::FormatError(file_, "no token for the word " + shard::quote_bytes(piece) +
                                        ", and the unknown token is not in model.vocab");
  }
  tokens.push_back({*id, {0, piece.size()}});
}

}  // namespace phiscope::extract::tokenizer
