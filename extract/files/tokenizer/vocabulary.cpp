// SPDX-License-Identifier: MIT
#include "files/tokenizer/vocabulary.hpp"

#include "shard/file/format_error.hpp"

namespace phiscope::extract::tokenizer {

using shard::FormatError;
using shard::quote_bytes;

Vocabulary::Vocabulary(const JsonFields& model) {
  const JsonFields vocab = model.object("vocab");
  ids_.reserve(vocab.value().size());
  for (const auto& [token, value] : vocab.value().items()) {
    const bool is_id = value.is_number_unsigned() &&
                       value.get<std::uint64_t>() < static_cast<std::uint64_t>(id_limit);
    if (!is_id) {
      throw FormatError(vocab.file(), "id of token " + quote_bytes(token) + " in model.vocab is " +
                                          shown(value) + ", expected an integer in [0, " +
                                          std::to_string(id_limit) + ")");
    }
    const auto id = value.get<std::size_t>();
    if (id >= tokens_.size()) tokens_.resize(id + 1);
    if (tokens_[id]) {
      throw FormatError(vocab.file(), "duplicate id " + std::to_string(id) +
                                          " in model.vocab: tokens " + quote_bytes(*tokens_[id]) +
                                          " and " + quote_bytes(token));
    }
    tokens_[id] = token;
  }
  if (tokens_.empty()) vocab.refuse("vocab", "at least one token");
  for (std::size_t id = 0; id < tokens_.size(); ++id) {
    if (tokens_[id]) ids_.emplace(*tokens_[id], static_cast<int>(id));
  }
}

std::optional<int> Vocabulary::id_of(std::string_view token) const {
  const auto found = ids_.find(token);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

const std::string* Vocabulary::token_of(int id) const {
  if (id < 0 || id > largest_id()) return nullptr;
  const auto& token = tokens_[static_cast<std::size_t>(id)];
  return token ? &*token : nullptr;
}

}  // namespace phiscope::extract::tokenizer
