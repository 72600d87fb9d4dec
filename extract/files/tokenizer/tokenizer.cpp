// SPDX-License-Identifier: MIT
#include "files/tokenizer.hpp"

#include "files/config.hpp"
#include "files/tokenizer/added_tokens.hpp"
#include "files/tokenizer/bpe.hpp"
#include "files/tokenizer/decoder.hpp"
#include "files/tokenizer/normalizer.hpp"
#include "files/tokenizer/post_processor.hpp"
#include "files/tokenizer/pre_tokenizer.hpp"
#include "files/tokenizer/utf8.hpp"
#include "files/tokenizer/vocabulary.hpp"
#include "files/tokenizer/word_level.hpp"
#include "shard/format_error.hpp"
#include "shard/json_file.hpp"

#include <stdexcept>
#include <utility>
#include <variant>

namespace phiscope::extract {

namespace {

using namespace tokenizer;  // NOLINT(google-build-using-namespace): this file puts its parts
                            // together
using shard::FormatError;
using shard::quote_bytes;

using Model = std::variant<WordLevel, Bpe>;

JsonFields model_of(const JsonFields& root) {
  if (!root.has("model")) root.refuse("model", "an object with the vocabulary");
  return root.object("model");
}

Model read_model(const JsonFields& model, const Vocabulary& vocabulary, bool byte_level) {
  // Files written before 2021 have no type; their merges tell.
  const std::string type = model.text_or("type", model.has("merges") ? "BPE" : "");
  if (type == "WordLevel" && !byte_level) return WordLevel(model, vocabulary);
  if (type == "BPE") return Bpe(model, vocabulary, byte_level);
  model.refuse("type", "a supported model: BPE, or WordLevel without ByteLevel");
}

}  // namespace

struct Tokenizer::Parts {
  Vocabulary vocabulary;
  Normalizer normalizer;
  AddedTokens added;
  PreTokenizer pre_tokenizer;
  Model model;
  PostProcessor post_processor;
  Decoder decoder;

  explicit Parts(const JsonFields& root)
      : vocabulary(model_of(root)),
        normalizer(root),
        added(root, vocabulary, normalizer),
        pre_tokenizer(root),
        model(read_model(model_of(root), vocabulary, pre_tokenizer.byte_level())),
        post_processor(root, lookup()),
        decoder(root) {}

  [[nodiscard]] std::optional<int> id_of(std::string_view token) const {
    if (const AddedToken* own = added.find(token)) return own->id;
    return vocabulary.id_of(token);
  }
  [[nodiscard]] std::optional<std::string> token_of(int id) const {
    if (const AddedToken* own = added.find(id)) return own->text;
    const std::string* token = vocabulary.token_of(id);
    return token == nullptr ? std::nullopt : std::optional(*token);
  }
  [[nodiscard]] TokenLookup lookup() const {
    return {.id_of = [this](std::string_view token) { return id_of(token); },
            .token_of = [this](int id) { return token_of(id); }};
  }

  void check_ids(const std::filesystem::path& file, std::int64_t vocab) const;
  void encode_stretch(AlignedText text, Draft& draft) const;
  void encode_words(AlignedText text, Draft& draft) const;
};

namespace {

std::array<std::size_t, 2> offsets_of(Range range) {
  return {range.begin, range.end};
}

/// The part of `text` in `range`, with its sources.
AlignedText part_of(const AlignedText& text, Range range) {
  AlignedText part{.bytes = std::string(range.of(text.bytes)), .base = text.base + range.begin};
  if (!text.sources.empty()) {
    part.sources.assign(text.sources.begin() + static_cast<std::ptrdiff_t>(range.begin),
                        text.sources.begin() + static_cast<std::ptrdiff_t>(range.end));
  }
  return part;
}

}  // namespace

void Tokenizer::Parts::check_ids(const std::filesystem::path& file, std::int64_t vocab) const {
  const auto check = [&](int id, std::string_view token) {
    if (id < vocab) return;
    throw FormatError(file, "token " + quote_bytes(token) + " has id " + std::to_string(id) +
                                ", expected ids below " + std::to_string(vocab) +
                                " (the size of the model's embedding)");
  };
  const int largest = vocabulary.largest_id();
  check(largest, *vocabulary.token_of(largest));
  for (const AddedToken& token : added.tokens()) check(token.id, token.content);
}

void Tokenizer::Parts::encode_words(AlignedText text, Draft& draft) const {
  std::vector<ModelToken> tokens;
  for (const Range piece : pre_tokenizer.apply(text)) {
    tokens.clear();
    std::visit([&](const auto& one) { one.tokenize(piece.of(text.bytes), vocabulary, tokens); },
               model);
    for (const ModelToken& token : tokens) {
      const Range range{piece.begin + token.range.begin, piece.begin + token.range.end};
      draft.append(token.id, offsets_of(text.source_of(range)));
    }
  }
}

void Tokenizer::Parts::encode_stretch(AlignedText text, Draft& draft) const {
  normalizer.apply(text);
  for (const Stretch& stretch : added.split(text.bytes, true)) {
    if (stretch.token != nullptr) {
      draft.append(stretch.token->id, offsets_of(text.source_of(stretch.range)),
                   stretch.range.of(text.bytes));
    } else {
      encode_words(part_of(text, stretch.range), draft);
    }
  }
}

Tokenizer::Tokenizer(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::open(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "tokenizer.json";
  if (!std::filesystem::exists(file)) {
    const bool sentencepiece = std::filesystem::exists(directory / "tokenizer.model");
    throw FormatError(file,
                      std::string("no such file") +
                          (sentencepiece ? ", only tokenizer.model: load the tokenizer in Python "
                                           "and call tokenizer.save_pretrained(DIR)"
                                         : ", expected the tokenizer of the model"));
  }
  const nlohmann::json json = shard::read_json(file);
  auto parts = std::make_unique<const Parts>(JsonFields(json, file));
  if (const auto vocab = read_vocab_size(directory)) parts->check_ids(file, *vocab);
  return Tokenizer(std::move(parts));
}

Encoding Tokenizer::encode(std::string_view utf8, bool special) const {
  if (const std::size_t bad = first_invalid_utf8(utf8); bad < utf8.size()) {
    throw std::invalid_argument("Tokenizer::encode: byte " + std::to_string(bad) + " (" +
                                quote_bytes(utf8.substr(bad, 1)) + ") is not UTF-8");
  }
  Draft draft{.text = utf8};
  for (const Stretch& stretch : parts_->added.split(utf8, false)) {
    const std::string_view text = stretch.range.of(utf8);
    if (stretch.token != nullptr) {
      draft.append(stretch.token->id, offsets_of(stretch.range), text);
    } else {
      parts_->encode_stretch({.bytes = std::string(text), .base = stretch.range.begin}, draft);
    }
  }
  parts_->post_processor.apply(draft, special, parts_->lookup());
  return std::move(draft.encoding);
}

std::string Tokenizer::decode(std::span<const int> ids, bool skip_special) const {
  std::vector<std::string> tokens;
  for (const int id : ids) {
    if (skip_special && is_special(id)) continue;
    if (auto token = parts_->token_of(id)) tokens.push_back(std::move(*token));
  }
  return parts_->decoder.apply(std::move(tokens));
}

std::optional<int> Tokenizer::id_of(std::string_view token) const {
  return parts_->id_of(token);
}

std::optional<std::string> Tokenizer::token_of(int id) const {
  return parts_->token_of(id);
}

bool Tokenizer::is_special(int id) const {
  const AddedToken* token = parts_->added.find(id);
  return token != nullptr && token->special;
}

std::optional<int> Tokenizer::unknown_id() const {
  return std::visit([](const auto& model) { return model.unknown(); }, parts_->model);
}

std::size_t Tokenizer::size() const {
  std::size_t n = parts_->vocabulary.size();
  for (const AddedToken& token : parts_->added.tokens()) {
    if (parts_->vocabulary.token_of(token.id) == nullptr) ++n;
  }
  return n;
}

std::string_view Tokenizer::kind() const {
  return std::visit([](const auto& model) { return model.kind(); }, parts_->model);
}

}  // namespace phiscope::extract
