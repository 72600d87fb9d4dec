// SPDX-License-Identifier: MIT
#include "files/tokenizer/bpe.hpp"

#include "files/tokenizer/byte_level.hpp"
#include "files/tokenizer/component.hpp"

#include <bit>
#include <queue>

namespace phiscope::extract::tokenizer {

using nlohmann::json;
using shard::FormatError;
using shard::quote_bytes;

namespace {

std::uint64_t key_of(int left, int right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U |
         static_cast<std::uint32_t>(right);
}

struct MergePair {
  std::string left;
  std::string right;
};

/// "a b" or ["a", "b"].
std::optional<MergePair> read_pair(const json& value) {
  if (value.is_array()) {
    if (value.size() != 2 || !value[0].is_string() || !value[1].is_string()) return std::nullopt;
    return MergePair{value[0], value[1]};
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  const std::size_t space = text.find(' ');
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) {
    return std::nullopt;
  }
  return MergePair{text.substr(0, space), text.substr(space + 1)};
}

std::string fallback_token(std::size_t byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  return {'<', '0', 'x', digits[byte >> 4U], digits[byte & 15U], '>'};
}

}  // namespace

MergeTable::MergeTable(std::size_t merges) : slots_(std::bit_ceil(2 * merges + 1)) {}

std::size_t MergeTable::slot_of(std::uint64_t key) const {
  // Multiplicative hashing: the high bits of the product are well mixed.
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = (key * 0x9E3779B97F4A7C15U >> 24U) & mask;
  while (slots_[slot].key != empty_key && slots_[slot].key != key) slot = (slot + 1) & mask;
  return slot;
}

void MergeTable::insert(int left, int right, Merge merge) {
  const std::uint64_t key = key_of(left, right);
  slots_[slot_of(key)] = {key, merge};
}

const MergeTable::Merge* MergeTable::find(int left, int right) const {
  const std::uint64_t key = key_of(left, right);
  const Slot& slot = slots_[slot_of(key)];
  return slot.key == key ? &slot.merge : nullptr;
}

/// A token in the making, in a list in the order of the text.
struct Bpe::Symbol {
  int id = 0;
  Range range;
  std::ptrdiff_t previous = -1;
  std::ptrdiff_t next = -1;  ///< -1: the last one
  bool unknown = false;      ///< a character without a token
  bool merged_away = false;  ///< now part of the symbol before it
};

Bpe::Bpe(const JsonFields& model, const Vocabulary& vocabulary, bool byte_level)
    : file_(model.file()), merges_(model.array("merges").size()), byte_level_(byte_level) {
  expect_only(model,
              {"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
               "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges"});
  if (model.has("dropout") && model.at("dropout", "null") != 0.0) {
    model.refuse("dropout", "null: a random tokenization is not supported");
  }
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (!model.text_or(affix, "").empty()) model.refuse(affix, "null: affixes are not supported");
  }
  fuse_unknown_ = model.boolean_or("fuse_unk", false);
  byte_fallback_ = model.boolean_or("byte_fallback", false) && !byte_level;
  ignore_merges_ = model.boolean_or("ignore_merges", false);
  read_fallbacks(model, vocabulary);
  read_merges(model, vocabulary);
}

void Bpe::read_fallbacks(const JsonFields& model, const Vocabulary& vocabulary) {
  if (model.has("unk_token")) {
    unknown_ = vocabulary.id_of(model.text("unk_token"));
    if (!unknown_) model.refuse("unk_token", "a token of model.vocab");
  }
  for (std::size_t byte = 0; byte < byte_ids_.size(); ++byte) {
    const std::string token = byte_level_ ? byte_letters()[byte] : fallback_token(byte);
    byte_ids_[byte] = vocabulary.id_of(token).value_or(-1);
    if (byte_fallback_ && byte_ids_[byte] < 0) {
      model.refuse("byte_fallback",
                   "false, as token " + quote_bytes(token) + " is not in model.vocab");
    }
  }
}

void Bpe::read_merges(const JsonFields& model, const Vocabulary& vocabulary) {
  std::uint32_t rank = 0;
  for (const json& value : model.array("merges")) {
    const auto error = [&](const std::string& why) {
      return FormatError(file_,
                         "model.merges[" + std::to_string(rank) + "] is " + shown(value) + why);
    };
    const auto pair = read_pair(value);
    if (!pair) throw error(", expected two tokens");
    const std::string whole = pair->left + pair->right;
    const auto left = vocabulary.id_of(pair->left);
    const auto right = vocabulary.id_of(pair->right);
    const auto merged = vocabulary.id_of(whole);
    if (!left || !right || !merged) {
      const std::string missing = !left ? pair->left : (!right ? pair->right : whole);
      throw error(", but token " + quote_bytes(missing) + " is not in model.vocab");
    }
    merges_.insert(*left, *right, {rank, *merged});
    ++rank;
  }
}

std::string_view Bpe::kind() const {
  if (byte_level_) return "byte-level BPE";
  return byte_fallback_ ? "BPE with byte fallback" : "BPE";
}

std::optional<int> Bpe::whole(std::string_view piece, const Vocabulary& vocabulary) const {
  if (!byte_level_) return vocabulary.id_of(piece);
  std::string token;
  for (const char c : piece) token += byte_letters()[static_cast<unsigned char>(c)];
  return vocabulary.id_of(token);
}

void Bpe::append_unknown(std::vector<Symbol>& symbols, std::string_view piece,
                         Range character) const {
  if (!unknown_) {
    throw FormatError(file_, "no token for " + quote_bytes(character.of(piece)) +
                                 " in the text, and model.unk_token is null");
  }
  const bool fuse = fuse_unknown_ && !symbols.empty() && symbols.back().unknown;
  if (fuse) {
    symbols.back().range.end = character.end;
  } else {
    symbols.push_back({.id = *unknown_, .range = character, .unknown = true});
  }
}

std::vector<Bpe::Symbol> Bpe::letters(std::string_view piece, const Vocabulary& vocabulary) const {
  std::vector<Symbol> symbols;
  symbols.reserve(piece.size());
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t size = byte_level_ ? 1 : character_at(piece, at).bytes;
    const Range character{at, at + size};
    const int letter = byte_level_ ? byte_ids_[static_cast<unsigned char>(piece[at])]
                                   : vocabulary.id_of(character.of(piece)).value_or(-1);
    if (letter >= 0) {
      symbols.push_back({.id = letter, .range = character});
    } else if (byte_fallback_) {
      for (std::size_t i = at; i < character.end; ++i) {
        symbols.push_back(
            {.id = byte_ids_[static_cast<unsigned char>(piece[i])], .range = {i, i + 1}});
      }
    } else {
      append_unknown(symbols, piece, character);
    }
    at = character.end;
  }
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    symbols[i].previous = static_cast<std::ptrdiff_t>(i) - 1;
    symbols[i].next = i + 1 < symbols.size() ? static_cast<std::ptrdiff_t>(i) + 1 : -1;
  }
  return symbols;
}

void Bpe::merge(std::vector<Symbol>& symbols) const {
  struct Candidate {
    std::uint32_t rank = 0;
    std::ptrdiff_t left = 0;
    int id = 0;
    bool operator>(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : left > other.left;
    }
  };
  const auto symbol = [&symbols](std::ptrdiff_t i) -> Symbol& {
    return symbols[static_cast<std::size_t>(i)];
  };
  std::vector<Candidate> storage;
  storage.reserve(symbols.size());
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue(std::greater<>(),
                                                                               std::move(storage));
  const auto consider = [&](std::ptrdiff_t left) {
    if (left < 0 || symbol(left).next < 0) return;
    const auto* merge = merges_.find(symbol(left).id, symbol(symbol(left).next).id);
    if (merge != nullptr) queue.push({merge->rank, left, merge->id});
  };
  for (std::size_t i = 0; i < symbols.size(); ++i) consider(static_cast<std::ptrdiff_t>(i));

  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol& left = symbol(best.left);
    if (left.merged_away || left.next < 0) continue;
    Symbol& right = symbol(left.next);
    // The pair may have changed since it was queued.
    const auto* merge = merges_.find(left.id, right.id);
    if (merge == nullptr || merge->id != best.id) continue;
    left.id = best.id;
    left.range.end = right.range.end;
    left.next = right.next;
    right.merged_away = true;
    if (left.next >= 0) symbol(left.next).previous = best.left;
    consider(left.previous);
    consider(best.left);
  }
}

void Bpe::tokenize(std::string_view piece, const Vocabulary& vocabulary,
                   std::vector<ModelToken>& tokens) const {
  if (ignore_merges_) {
    if (const auto id = whole(piece, vocabulary)) {
      tokens.push_back({*id, {0, piece.size()}});
      return;
    }
  }
  std::vector<Symbol> symbols = letters(piece, vocabulary);
  merge(symbols);
  for (std::ptrdiff_t i = symbols.empty() ? -1 : 0; i >= 0;) {
    const Symbol& symbol = symbols[static_cast<std::size_t>(i)];
    tokens.push_back({symbol.id, symbol.range});
    i = symbol.next;
  }
}

}  // namespace phiscope::extract::tokenizer
