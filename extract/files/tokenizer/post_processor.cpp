// SPDX-License-Identifier: MIT
#include "files/tokenizer/post_processor.hpp"

#include "files/tokenizer/component.hpp"
#include "files/tokenizer/utf8.hpp"

namespace phiscope::extract::tokenizer {

using nlohmann::json;

namespace {

constexpr char32_t space_letter = 0x120;  // stands for the space in byte-level tokens

bool is_trimmed(char32_t code) {
  return code == space_letter || is_white_space(code);
}

std::size_t leading_spaces(std::string_view token) {
  std::size_t n = 0;
  for (std::size_t at = 0; at < token.size(); ++n) {
    const Character character = character_at(token, at);
    if (!is_trimmed(character.code)) break;
    at += character.bytes;
  }
  return n;
}

std::size_t trailing_spaces(std::string_view token) {
  std::size_t n = 0;
  for (std::size_t at = token.size(); at > 0; ++n) {
    at = character_begin(token, at - 1);
    if (!is_trimmed(character_at(token, at).code)) break;
  }
  return n;
}

/// `at` moved back by `n` characters, as far as there are any.
std::size_t back(std::string_view text, std::size_t at, std::size_t n) {
  for (; n > 0 && at > 0; --n) at = character_begin(text, at - 1);
  return at;
}

void apply_step(const TrimOffsets& step, Draft& draft, bool /*special*/,
                const TokenLookup& lookup) {
  Encoding& encoding = draft.encoding;
  for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
    const std::string token =
        draft.taken[i].empty() ? lookup.token_of(encoding.ids[i]).value_or("") : draft.taken[i];
    auto& [begin, end] = encoding.offsets[i];
    std::size_t leading = leading_spaces(token);
    const std::size_t trailing = trailing_spaces(token);
    // A single space of the first token may be the prefix, which takes no place in the text.
    if (leading == 1 && (i == 0 || begin == 0) && step.add_prefix_space) leading = 0;
    for (; leading > 0 && begin < end; --leading) begin = character_end(draft.text, begin + 1);
    end = std::max(back(draft.text, end, trailing), begin);
  }
}

void insert(Draft& draft, std::size_t at, const std::vector<int>& ids) {
  Encoding& encoding = draft.encoding;
  const auto place = static_cast<std::ptrdiff_t>(at);
  encoding.ids.insert(encoding.ids.begin() + place, ids.begin(), ids.end());
  encoding.offsets.insert(encoding.offsets.begin() + place, ids.size(), {0, 0});
  encoding.special.insert(encoding.special.begin() + place, ids.size(), true);
  draft.taken.insert(draft.taken.begin() + place, ids.size(), "");
}

void apply_step(const Template& step, Draft& draft, bool special, const TokenLookup& /*lookup*/) {
  if (!special) return;
  insert(draft, 0, step.before);
  insert(draft, draft.encoding.ids.size(), step.after);
}

/// The ids of a template's special token, checked against the tokens they name.
std::vector<int> template_ids(const JsonFields& special, const std::string& name,
                              const TokenLookup& lookup) {
  const JsonFields entry = special.object(name);
  const json& ids = entry.array("ids");
  const json& tokens = entry.array("tokens");
  std::vector<int> out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const bool known = ids.size() == tokens.size() && tokens[i].is_string() &&
                       ids[i].is_number_unsigned() && ids[i].get<std::uint64_t>() < 0x7FFFFFFFU &&
                       lookup.id_of(tokens[i].get<std::string>()) == ids[i].get<int>();
    if (!known) entry.refuse("ids", "the ids of its tokens");
    out.push_back(ids[i].get<int>());
  }
  return out;
}

/// The id of a pair ["<s>", 0].
int pair_id(const JsonFields& fields, std::string_view key, const TokenLookup& lookup) {
  const json& pair = fields.array(key);
  const bool known = pair.size() == 2 && pair[0].is_string() && pair[1].is_number_unsigned() &&
                     pair[1].get<std::uint64_t>() < 0x7FFFFFFFU &&
                     lookup.id_of(pair[0].get<std::string>()) == pair[1].get<int>();
  if (!known) fields.refuse(key, "a token and its id");
  return pair[1].get<int>();
}

}  // namespace

PostProcessor::PostProcessor(const JsonFields& root, const TokenLookup& lookup) {
  if (root.has("post_processor")) read(root.object("post_processor"), lookup);
}

void PostProcessor::read(const JsonFields& fields, const TokenLookup& lookup) {
  const std::string type = fields.text("type");
  if (type == "Sequence") {
    expect_only(fields, {"type", "processors"});
    for_each_component(fields, "processors", [&](const JsonFields& inner) { read(inner, lookup); });
  } else if (type == "ByteLevel") {
    expect_only(fields, {"type", "add_prefix_space", "trim_offsets", "use_regex"});
    if (fields.boolean_or("trim_offsets", true)) {
      steps_.emplace_back(TrimOffsets{fields.boolean_or("add_prefix_space", true)});
    }
  } else if (type == "TemplateProcessing") {
    read_template(fields, lookup);
  } else if (type == "RobertaProcessing") {
    expect_only(fields, {"type", "sep", "cls", "trim_offsets", "add_prefix_space"});
    read_classifier(fields, lookup, fields.boolean_or("trim_offsets", true));
  } else if (type == "BertProcessing") {
    expect_only(fields, {"type", "sep", "cls"});
    read_classifier(fields, lookup, false);
  } else {
    fields.refuse("type",
                  "a supported post-processor: TemplateProcessing, ByteLevel, RobertaProcessing, "
                  "BertProcessing, Sequence");
  }
}

void PostProcessor::read_classifier(const JsonFields& fields, const TokenLookup& lookup,
                                    bool trims) {
  if (trims) steps_.emplace_back(TrimOffsets{fields.boolean_or("add_prefix_space", true)});
  steps_.emplace_back(Template{{pair_id(fields, "cls", lookup)}, {pair_id(fields, "sep", lookup)}});
}

void PostProcessor::read_template(const JsonFields& fields, const TokenLookup& lookup) {
  expect_only(fields, {"type", "single", "pair", "special_tokens"});
  Template made;
  bool text_seen = false;
  for_each_component(fields, "single", [&](const JsonFields& item) {
    expect_only(item, {"SpecialToken", "Sequence"});
    if (item.has("SpecialToken")) {
      const std::string name = item.object("SpecialToken").text("id");
      const std::vector<int> ids = template_ids(fields.object("special_tokens"), name, lookup);
      std::vector<int>& side = text_seen ? made.after : made.before;
      side.insert(side.end(), ids.begin(), ids.end());
      return;
    }
    const JsonFields sequence = item.object("Sequence");
    if (sequence.text("id") != "A" || text_seen) sequence.refuse("id", "\"A\", once");
    text_seen = true;
  });
  if (!text_seen) fields.refuse("single", "a template with the sequence A");
  steps_.emplace_back(std::move(made));
}

std::vector<int> PostProcessor::around(bool before) const {
  std::vector<int> ids;
  for (const PostProcessorStep& step : steps_) {
    const auto* const made = std::get_if<Template>(&step);
    if (made == nullptr) continue;
    const std::vector<int>& own = before ? made->before : made->after;
    ids.insert(ids.end(), own.begin(), own.end());
  }
  return ids;
}

void PostProcessor::apply(Draft& draft, bool special, const TokenLookup& lookup) const {
  for (const PostProcessorStep& step : steps_) {
    std::visit([&](const auto& one) { apply_step(one, draft, special, lookup); }, step);
  }
}

}  // namespace phiscope::extract::tokenizer
