// SPDX-License-Identifier: MIT
#include "files/tokenizer/added_tokens.hpp"

#include "files/tokenizer/component.hpp"
#include "files/tokenizer/length_limit.hpp"

#include <algorithm>

namespace phiscope::extract::tokenizer {

using shard::FormatError;
using shard::quote_bytes;

namespace {

AddedToken read_token(const JsonFields& fields) {
  expect_only(fields,
              {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
  AddedToken token;
  token.id = static_cast<int>(fields.integer("id", {.least = 0, .most = id_limit - 1}));
  token.content = fields.text("content");
  token.single_word = fields.boolean_or("single_word", false);
  token.lstrip = fields.boolean_or("lstrip", false);
  token.rstrip = fields.boolean_or("rstrip", false);
  token.special = fields.boolean_or("special", false);
  token.normalized = fields.boolean_or("normalized", !token.special);
  return token;
}

void check_against_vocabulary(const AddedToken& token, const Vocabulary& vocabulary,
                              const JsonFields& fields) {
  const auto own = vocabulary.id_of(token.content);
  if (own && *own != token.id) {
    fields.refuse("id", std::to_string(*own) + ", the id of token " + quote_bytes(token.content) +
                            " in model.vocab");
  }
  const std::string* other = vocabulary.token_of(token.id);
  if (other != nullptr && *other != token.content) {
    fields.refuse("id",
                  "an id of its own (token " + quote_bytes(*other) + " has it in model.vocab)");
  }
}

/// What a normalizer makes of a token. One that makes too much of it is a fault of the file, not of
/// a text.
std::string normal_form(const AddedToken& token, const Normalizer& normalizer,
                        const std::filesystem::path& file) {
  try {
    return normalizer.applied(token.content);
  } catch (const OverlongText& error) {
    throw FormatError(file, "added token " + quote_bytes(token.content, 40) + ": " + error.what());
  }
}

bool is_word_before(std::string_view text, std::size_t at) {
  return at > 0 && is_word(character_at(text, character_begin(text, at - 1)).code);
}

bool is_word_after(std::string_view text, std::size_t at) {
  return at < text.size() && is_word(character_at(text, at).code);
}

std::size_t space_begin(std::string_view text, std::size_t at) {
  while (at > 0) {
    const std::size_t before = character_begin(text, at - 1);
    if (!is_white_space(character_at(text, before).code)) break;
    at = before;
  }
  return at;
}

std::size_t space_end(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Character character = character_at(text, at);
    if (!is_white_space(character.code)) break;
    at += character.bytes;
  }
  return at;
}

}  // namespace

void TokenTrie::insert(std::string_view text, std::size_t value) {
  begins_[static_cast<unsigned char>(text.front())] = true;
  std::size_t node = 0;
  for (const char c : text) {
    const auto [place, is_new] = next_.emplace(std::pair{node, c}, values_.size());
    if (is_new) values_.emplace_back();
    node = place->second;
  }
  values_[node] = value;
}

TokenTrie::Match TokenTrie::longest_at(std::string_view text, std::size_t at) const {
  Match best;
  if (!begins_[static_cast<unsigned char>(text[at])]) return best;
  std::size_t node = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const auto next = next_.find({node, text[i]});
    if (next == next_.end()) break;
    node = next->second;
    if (values_[node]) best = {i + 1 - at, *values_[node]};
  }
  return best;
}

AddedTokens::AddedTokens(const JsonFields& root, const Companions& beside,
                         const Vocabulary& vocabulary, const Normalizer& normalizer) {
  if (root.has("added_tokens")) read(root, vocabulary);
  const std::vector<AddedToken> own = tokens_;
  register_forms(own);
  const std::vector<AddedToken> more = beside.additions(own);
  add_all(more, root.file(), vocabulary);
  warn_of(more, own, beside.has_decoder ? tokenizer_config_name : added_tokens_name);
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    AddedToken& token = tokens_[i];
    const Forms& forms = forms_.at(token.content);
    const std::string normal = normal_form(token, normalizer, root.file());
    token.special = forms.special;
    token.text = token.normalized ? normal : token.content;
    if (forms.raw) raw_.insert(token.content, i);
    if (forms.normalized && !normal.empty()) normalized_.insert(normal, i);
  }
}

void AddedTokens::read(const JsonFields& root, const Vocabulary& vocabulary) {
  for_each_component(root, "added_tokens", [&](const JsonFields& fields) {
    AddedToken token = read_token(fields);
    if (token.content.empty()) fields.refuse("content", "a text that is not empty");
    check_against_vocabulary(token, vocabulary, fields);
    if (!by_id_.emplace(token.id, tokens_.size()).second) {
      fields.refuse("id", "an id of its own (a duplicate in added_tokens)");
    }
    if (!by_content_.emplace(token.content, tokens_.size()).second) {
      fields.refuse("content", "a text of its own (a duplicate in added_tokens)");
    }
    largest_id_ = std::max(largest_id_, token.id);
    tokens_.push_back(std::move(token));
  });
}

/// `tokenizers` looks for the first special token of a text as that one says, raw or normalised,
/// whatever is added later; of tokens that are not special it looks for all.
void AddedTokens::register_forms(const std::vector<AddedToken>& tokens) {
  const auto look = [](Forms& forms, const AddedToken& token) {
    (token.normalized ? forms.normalized : forms.raw) = true;
  };
  for (const AddedToken& token : tokens) {
    Forms& forms = forms_[token.content];
    if (!token.special || forms.special) continue;
    forms.special = true;
    look(forms, token);
  }
  for (const AddedToken& token : tokens) {
    Forms& forms = forms_[token.content];
    if (!forms.special) look(forms, token);
  }
}

/// The id that `tokenizers` gives a token without one: after the largest added id, but not among
/// those of the model, which it counts.
int AddedTokens::next_id(const Vocabulary& vocabulary) const {
  return std::max(static_cast<int>(vocabulary.size()), largest_id_ + 1);
}

void AddedTokens::add_all(const std::vector<AddedToken>& more, const std::filesystem::path& file,
                          const Vocabulary& vocabulary) {
  std::vector<AddedToken> taken;
  taken.reserve(more.size());
  for (const AddedToken& token : more) {
    const auto own = by_content_.find(token.content);
    AddedToken made = token;
    if (own != by_content_.end()) {
      AddedToken& there = tokens_[own->second];
      if (there.equals(token)) continue;
      made.id = there.id;
      there = std::move(made);
    } else {
      made.id = vocabulary.id_of(token.content).value_or(-1);
      if (made.id < 0) made.id = free_id(token, file, vocabulary);
      largest_id_ = std::max(largest_id_, made.id);
      by_id_.emplace(made.id, tokens_.size());
      by_content_.emplace(made.content, tokens_.size());
      tokens_.push_back(std::move(made));
    }
    taken.push_back(token);
  }
  register_forms(taken);
}

int AddedTokens::free_id(const AddedToken& token, const std::filesystem::path& file,
                         const Vocabulary& vocabulary) const {
  const int id = next_id(vocabulary);
  const std::string* other = vocabulary.token_of(id);
  if (other == nullptr && id < id_limit) return id;
  throw FormatError(file, "token " + quote_bytes(token.content) +
                              " of the files beside it gets the id " + std::to_string(id) +
                              ", expected one that is free" +
                              (other != nullptr ? ": the ids of model.vocab have holes" : ""));
}

void AddedTokens::warn_of(const std::vector<AddedToken>& more, const std::vector<AddedToken>& own,
                          std::string_view file) {
  std::vector<std::string> moved;
  std::vector<std::string> changed;
  for (const AddedToken& token : more) {
    const std::string name = quote_bytes(token.content, 40);
    const int id = find(token.content)->id;
    if (token.id >= 0 && token.id != id) {
      moved.push_back(name + " the id " + std::to_string(token.id) + ", its id is " +
                      std::to_string(id));
    }
    const std::size_t place = by_content_.at(token.content);  // `own` are the first of all
    if (place < own.size() && !own[place].is_found_like(token)) changed.push_back(name);
  }
  const auto rest = [](const std::vector<std::string>& all) {
    return all.size() > 1 ? " (and " + std::to_string(all.size() - 1) + " more)" : std::string();
  };
  if (!moved.empty()) {
    warnings_.push_back(std::string(file) + " gives " + moved.front() + rest(moved) +
                        ": tokenizer.json is followed, as in transformers");
  }
  if (!changed.empty()) {
    warnings_.push_back("tokenizer.json has other flags for " + changed.front() + rest(changed) +
                        " than the files beside it: those are followed, as in transformers");
  }
}

std::vector<Stretch> AddedTokens::split(std::string_view text, bool normalized) const {
  const TokenTrie& trie = normalized ? normalized_ : raw_;
  std::vector<Stretch> stretches;
  std::size_t done = 0;  // end of the last stretch
  for (std::size_t at = 0; at < text.size();) {
    const TokenTrie::Match match = trie.longest_at(text, at);
    if (match.length == 0) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[match.value];
    Range range{at, at + match.length};
    at = range.end;
    if (token.single_word &&
        (is_word_before(text, range.begin) || is_word_after(text, range.end))) {
      continue;
    }
    if (token.lstrip) range.begin = std::max(space_begin(text, range.begin), done);
    if (token.rstrip) range.end = space_end(text, range.end);
    if (done < range.begin) stretches.push_back({{done, range.begin}, nullptr});
    stretches.push_back({range, &token});
    done = range.end;
  }
  if (done < text.size()) stretches.push_back({{done, text.size()}, nullptr});
  return stretches;
}

const AddedToken* AddedTokens::find(int id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &tokens_[found->second];
}

const AddedToken* AddedTokens::find(std::string_view content) const {
  const auto found = by_content_.find(std::string(content));
  return found == by_content_.end() ? nullptr : &tokens_[found->second];
}

}  // namespace phiscope::extract::tokenizer
