// SPDX-License-Identifier: MIT
#include "files/tokenizer.hpp"

#include "files/tokenizer/added_tokens.hpp"
#include "files/tokenizer/bpe.hpp"
#include "files/tokenizer/companions.hpp"
#include "files/tokenizer/decoder.hpp"
#include "files/tokenizer/normalizer.hpp"
#include "files/tokenizer/post_processor.hpp"
#include "files/tokenizer/pre_tokenizer.hpp"
#include "files/tokenizer/utf8.hpp"
#include "files/tokenizer/vocabulary.hpp"
#include "files/tokenizer/word_level.hpp"
#include "shard/file/format_error.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
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

  std::vector<std::string> warnings;

  Parts(const JsonFields& root, const Companions& beside)
      : vocabulary(model_of(root)),
        normalizer(root),
        added(root, beside, vocabulary, normalizer),
        pre_tokenizer(root),
        model(read_model(model_of(root), vocabulary, pre_tokenizer.byte_level())),
        post_processor(root, lookup()),
        decoder(root),
        warnings(beside.warnings) {
    warnings.insert(warnings.end(), added.warnings().begin(), added.warnings().end());
    compare(beside);
  }

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

  void compare(const Companions& beside);
  void compare_ends(std::optional<bool> asks, const std::optional<std::string>& token,
                    std::string_view name, bool before);
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

/// Adds a warning where tokenizer_config.json says otherwise of what comes before or after a text.
/// @param asks  add_bos_token or add_eos_token; @param token  bos_token or eos_token
void Tokenizer::Parts::compare_ends(std::optional<bool> asks,
                                    const std::optional<std::string>& token, std::string_view name,
                                    bool before) {
  const std::vector<int> ids = post_processor.around(before);
  const std::string place = before ? " before a text" : " after a text";
  const std::string flag = "add_" + std::string(name);
  std::string said;
  std::string found = "nothing";
  if (!ids.empty()) found = quote_bytes(token_of(ids.front()).value_or(""), 40);
  const bool is_put =
      token ? std::ranges::count(ids, id_of(*token).value_or(-1)) > 0 : !ids.empty();
  if (asks && *asks != is_put && (token || !*asks)) {
    said = flag + " is " + (*asks ? "true" : "false");
    if (token) said += " and " + std::string(name) + " " + quote_bytes(*token, 40);
  } else if (!asks && token && !ids.empty() && !is_put) {
    said = std::string(name) + " is " + quote_bytes(*token, 40);
  }
  if (said.empty()) return;
  warnings.push_back(std::string(tokenizer_config_name) + ": " + said +
                     ", but tokenizer.json puts " + found + place + ": tokenizer.json is followed");
}

void Tokenizer::Parts::compare(const Companions& beside) {
  compare_ends(beside.add_bos, beside.bos, "bos_token", /*before=*/true);
  compare_ends(beside.add_eos, beside.eos, "eos_token", /*before=*/false);
  const bool puts_space = pre_tokenizer.puts_space() || normalizer.prepends();
  if (!beside.add_prefix_space || *beside.add_prefix_space == puts_space) return;
  warnings.push_back(std::string(tokenizer_config_name) + ": add_prefix_space is " +
                     (*beside.add_prefix_space ? "true" : "false") + ", but tokenizer.json puts " +
                     (puts_space ? "a space" : "no space") +
                     " before a text: tokenizer.json is followed");
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
  const Companions beside = read_companions(directory);
  return Tokenizer(std::make_unique<const Parts>(JsonFields(json, file), beside));
}

Tokenizer Tokenizer::parse(std::string_view text, const std::filesystem::path& file) {
  const nlohmann::json json = shard::parse_json(text, file);
  return Tokenizer(std::make_unique<const Parts>(JsonFields(json, file), Companions{}));
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

const std::vector<std::string>& Tokenizer::warnings() const {
  return parts_->warnings;
}

std::string_view Tokenizer::kind() const {
  return std::visit([](const auto& model) { return model.kind(); }, parts_->model);
}

}  // namespace phiscope::extract
