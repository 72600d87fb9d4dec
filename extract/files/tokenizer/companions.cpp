// SPDX-License-Identifier: MIT
#include "files/tokenizer/companions.hpp"

#include "files/json_fields.hpp"
#include "files/tokenizer/vocabulary.hpp"
#include "shard/file/format_error.hpp"
#include "shard/text/json_file.hpp"

#include <array>
#include <charconv>
#include <set>
#include <unordered_set>

namespace phiscope::extract::tokenizer {

namespace fs = std::filesystem;
using nlohmann::json;
using shard::quote_bytes;

namespace {

constexpr std::array<std::string_view, 7> named_tokens{
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};

FileToken flagged_token(const JsonFields& fields) {
  FileToken read{.token = {}, .has_flags = true};
  AddedToken& token = read.token;
  token.content = fields.text("content");
  token.single_word = fields.boolean_or("single_word", false);
  token.lstrip = fields.boolean_or("lstrip", false);
  token.rstrip = fields.boolean_or("rstrip", false);
  token.special = fields.boolean_or("special", false);
  token.normalized = fields.boolean_or("normalized", !token.special);
  read.normalized_is_given = fields.has("normalized");
  token.id = -1;
  return read;
}

FileToken plain_token(const std::string& content, bool special = false) {
  return {
      .token = {
          .content = content, .text = "", .id = -1, .normalized = !special, .special = special}};
}

/// A token that a field names: a text or an object with flags.
FileToken token_in(const JsonFields& fields, std::string_view key, const json& value) {
  if (value.is_string()) return plain_token(value.get<std::string>());
  if (value.is_object()) return flagged_token({value, fields.file(), fields.name_of(key)});
  fields.refuse(key, "a text, or an object with `content`");
}

/// Sets a token's flag as being marked special does.
void mark_special(FileToken& read) {
  read.token.special = true;
  if (!read.normalized_is_given) read.token.normalized = false;
}

int id_of_key(const JsonFields& decoder, const std::string& key) {
  int id = -1;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
  const bool is_id = error == std::errc{} && end == key.data() + key.size() && id >= 0 &&
                     static_cast<std::int64_t>(id) < id_limit;
  if (!is_id) decoder.refuse(key, "under a key that is a token id");
  return id;
}

/// The tokens that have names: of tokenizer_config.json, and of special_tokens_map.json,
/// which wins where it is read.
class NamedTokens {
 public:
  void read(const JsonFields& fields, bool marks_objects) {
    for (const std::string_view name : named_tokens) {
      const auto found = fields.value().find(name);
      if (found == fields.value().end()) continue;
      if (found->is_null()) {
        by_name_.erase(std::string(name));
        continue;
      }
      FileToken token = token_in(fields, name, *found);
      if (marks_objects && token.has_flags) mark_special(token);
      by_name_.insert_or_assign(std::string(name), std::move(token));
    }
    read_further(fields, "additional_special_tokens", marks_objects);
    read_further(fields, "extra_special_tokens", marks_objects);
  }

  [[nodiscard]] std::optional<std::string> content(const std::string& name) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return std::nullopt;
    return found->second.token.content;
  }

  void give(Companions& made) const {
    for (const std::string_view name : named_tokens) {
      const auto found = by_name_.find(std::string(name));
      if (found != by_name_.end()) made.named.push_back(found->second);
    }
    made.further = further_;
    made.bos = content("bos_token");
    made.eos = content("eos_token");
  }

 private:
  void read_further(const JsonFields& fields, std::string_view key, bool marks_objects) {
    if (!fields.has(key)) return;
    const json& all = fields.value().at(std::string(key));
    if (!all.is_array() && !all.is_object()) fields.refuse(key, "a list of tokens");
    for (const json& value : all) {
      FileToken token = token_in(fields, key, value);
      if (marks_objects && token.has_flags) mark_special(token);
      const std::string kind = token.has_flags ? "object " : "text ";
      if (further_keys_.insert(kind + token.token.key()).second) {
        further_.push_back(std::move(token));
      }
    }
  }

  std::map<std::string, FileToken> by_name_;
  std::vector<FileToken> further_;
  std::unordered_set<std::string> further_keys_;  // of further_
};

void read_decoder(const JsonFields& config, Companions& made) {
  const JsonFields decoder = config.object("added_tokens_decoder");
  made.has_decoder = true;
  for (const auto& [key, value] : decoder.value().items()) {
    FileToken token = flagged_token({value, config.file(), decoder.name_of(key)});
    const int id = token.token.id = id_of_key(decoder, key);
    made.by_id.insert_or_assign(id, std::move(token));
  }
}

void read_added_tokens(const JsonFields& fields, Companions& made) {
  std::set<std::string> special;
  for (const std::vector<FileToken>* list : {&made.named, &made.further}) {
    for (const FileToken& one : *list) special.insert(one.token.content);
  }
  for (const auto& [content, value] : fields.value().items()) {
    if (!value.is_number_unsigned() ||
        value.get<std::uint64_t>() >= static_cast<std::uint64_t>(id_limit)) {
      fields.refuse(content, "a token id");
    }
    FileToken token = plain_token(content, special.contains(content));
    token.has_flags = true;
    token.normalized_is_given = true;
    token.token.id = value.get<int>();
    made.by_id.insert_or_assign(token.token.id, std::move(token));
  }
}

void warn_of_names(const NamedTokens& config, const NamedTokens& map, Companions& made) {
  for (const std::string name : {"bos_token", "eos_token"}) {
    const auto one = config.content(name);
    const auto other = map.content(name);
    if (!one || !other || *one == *other) continue;
    std::string text = name + " is " + quote_bytes(*one, 40) + " in ";
    text += std::string(tokenizer_config_name) + " and " + quote_bytes(*other, 40) + " in ";
    text += std::string(special_tokens_name) + ": tokenizer.json is followed in what is put before";
    text += " and after a text";
    made.warnings.push_back(std::move(text));
  }
}

std::optional<bool> flag_in(const JsonFields& fields, std::string_view key) {
  if (!fields.has(key)) return std::nullopt;
  return fields.boolean(key);
}

}  // namespace

Companions read_companions(const fs::path& directory) {
  Companions made;
  const auto content = [&](std::string_view name) {
    const fs::path file = directory / name;
    return fs::exists(file) ? shard::read_json(file) : json::object();
  };
  const json config_json = content(tokenizer_config_name);
  const json map_json = content(special_tokens_name);
  const json added_json = content(added_tokens_name);
  const JsonFields config(config_json, directory / tokenizer_config_name);
  const JsonFields map(map_json, directory / special_tokens_name);
  const JsonFields added(added_json, directory / added_tokens_name);

  made.add_bos = flag_in(config, "add_bos_token");
  made.add_eos = flag_in(config, "add_eos_token");
  made.add_prefix_space = flag_in(config, "add_prefix_space");
  NamedTokens named;
  NamedTokens of_map;  // read even where it is not used: it may be wrong, or contradict
  named.read(config, /*marks_objects=*/false);
  of_map.read(map, /*marks_objects=*/true);
  warn_of_names(named, of_map, made);
  if (config.has("added_tokens_decoder")) {
    read_decoder(config, made);
    named.give(made);
    Companions unused;
    read_added_tokens(added, unused);
    return made;
  }
  named.read(map, /*marks_objects=*/true);
  named.give(made);
  read_added_tokens(added, made);
  return made;
}

std::vector<AddedToken> Companions::additions(const std::vector<AddedToken>& own) const {
  std::map<int, FileToken> all = by_id;
  if (!has_decoder) {
    for (const AddedToken& token : own) {
      all.insert_or_assign(token.id, FileToken{token, true, true});
    }
  }
  std::map<std::string, FileToken> by_content;
  std::vector<FileToken> made;
  std::unordered_set<std::string> made_keys;  // of made
  std::unordered_set<std::string> known;
  for (const auto& [id, read] : all) {
    by_content.insert_or_assign(read.token.content, read);
    made_keys.insert(read.token.key());
    made.push_back(read);
  }
  for (const AddedToken& token : own) known.insert(token.content);
  for (const FileToken& read : made) known.insert(read.token.content);

  std::unordered_set<std::string> special;
  const auto name = [&](FileToken read) {
    // A text is compared with the texts there are, an object with the objects to be added.
    const bool is_new = special.insert(read.token.content).second;
    const bool is_there =
        read.has_flags ? made_keys.contains(read.token.key()) : known.contains(read.token.content);
    if (!is_new || is_there) return;
    made_keys.insert(read.token.key());
    made.push_back(std::move(read));
  };
  for (const FileToken& one : named) {
    const auto found = by_content.find(one.token.content);
    name(found == by_content.end() ? one : found->second);
  }
  for (const FileToken& one : further) name(one);

  std::vector<AddedToken> tokens;
  tokens.reserve(made.size());
  for (FileToken& read : made) {
    if (special.contains(read.token.content)) mark_special(read);
    if (!read.token.content.empty()) tokens.push_back(std::move(read.token));
  }
  return tokens;
}

}  // namespace phiscope::extract::tokenizer
