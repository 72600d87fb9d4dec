// SPDX-License-Identifier: MIT
#include "files/tokenizer/decoder.hpp"

#include "files/tokenizer/byte_level.hpp"
#include "files/tokenizer/component.hpp"
#include "files/tokenizer/length_limit.hpp"
#include "files/tokenizer/utf8.hpp"

#include <charconv>
#include <optional>

namespace phiscope::extract::tokenizer {

namespace {

using Tokens = std::vector<std::string>;

std::string joined(const Tokens& tokens, std::string_view between) {
  std::string text;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0) text += between;
    text += tokens[i];
  }
  return text;
}

std::size_t bytes_of_tokens(const Tokens& tokens) {
  std::size_t bytes = 0;
  for (const std::string& token : tokens) bytes += token.size();
  return bytes;
}

void apply_step(const DecodeByteLevel& /*step*/, Tokens& tokens, const LengthLimit& /*limit*/) {
  std::string bytes;
  for (const std::string& token : tokens) append_token_bytes(bytes, token);
  tokens = {lossy_utf8(bytes)};
}

/// The byte of a token <0xNN>, or nothing.
std::optional<char> fallback_byte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(token.data() + 3, token.data() + 5, value, 16);
  if (error != std::errc() || end != token.data() + 5) return std::nullopt;
  return static_cast<char>(value);
}

void apply_step(const DecodeByteFallback& /*step*/, Tokens& tokens, const LengthLimit& /*limit*/) {
  Tokens out;
  std::string bytes;
  const auto flush = [&] {
    if (bytes.empty()) return;
    if (first_invalid_utf8(bytes) == bytes.size()) {
      out.push_back(bytes);
    } else {
      for (std::size_t i = 0; i < bytes.size(); ++i) out.emplace_back("\xEF\xBF\xBD");
    }
    bytes.clear();
  };
  for (std::string& token : tokens) {
    if (const auto byte = fallback_byte(token)) {
      bytes += *byte;
    } else {
      flush();
      out.push_back(std::move(token));
    }
  }
  flush();
  tokens = std::move(out);
}

void apply_step(const Fuse& /*step*/, Tokens& tokens, const LengthLimit& /*limit*/) {
  tokens = {joined(tokens, "")};
}

void apply_step(const StripEnds& step, Tokens& tokens, const LengthLimit& /*limit*/) {
  std::string character;
  append_utf8(character, step.character);
  for (std::string& token : tokens) {
    for (std::int64_t i = 0; i < step.start && token.starts_with(character); ++i) {
      token.erase(0, character.size());
    }
    for (std::int64_t i = 0; i < step.stop && token.ends_with(character); ++i) {
      token.erase(token.size() - character.size());
    }
  }
}

/// @param bytes  of all tokens together, kept up to date
void replace_all(std::string& text, std::string_view from, std::string_view to,
                 const LengthLimit& limit, std::size_t& bytes) {
  std::size_t match = text.find(from);
  if (match == std::string::npos) return;
  // Not in place: each replacement would move the rest of the text.
  std::string out;
  std::size_t done = 0;
  while (match != std::string::npos) {
    bytes = bytes - from.size() + to.size();
    limit.check(bytes);
    out.append(text, done, match - done);
    out += to;
    done = match + from.size();
    match = text.find(from, done);
  }
  out.append(text, done, std::string::npos);
  text = std::move(out);
}

void apply_step(const ReplaceText& step, Tokens& tokens, const LengthLimit& limit) {
  std::size_t bytes = bytes_of_tokens(tokens);
  for (std::string& token : tokens) replace_all(token, step.from, step.to, limit, bytes);
}

void apply_step(const DecodeMetaspace& step, Tokens& tokens, const LengthLimit& limit) {
  std::size_t bytes = bytes_of_tokens(tokens);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string_view to = i == 0 && step.drops_first ? "" : " ";
    replace_all(tokens[i], step.mark, to, limit, bytes);
  }
}

}  // namespace

Decoder::Decoder(const JsonFields& root) {
  if (!root.has("decoder")) return;
  joins_by_space_ = false;
  read(root.object("decoder"));
}

void Decoder::read(const JsonFields& fields) {
  const std::string type = fields.text("type");
  if (type == "Sequence") {
    expect_only(fields, {"type", "decoders"});
    for_each_component(fields, "decoders", [this](const JsonFields& inner) { read(inner); });
  } else if (type == "ByteLevel") {
    expect_only(fields, {"type", "add_prefix_space", "trim_offsets", "use_regex"});
    steps_.emplace_back(DecodeByteLevel{});
  } else if (type == "ByteFallback") {
    expect_only(fields, {"type"});
    steps_.emplace_back(DecodeByteFallback{});
  } else if (type == "Metaspace") {
    expect_only(fields,
                {"type", "replacement", "prepend_scheme", "add_prefix_space", "split", "str_rep"});
    DecodeMetaspace step{.mark = fields.text("replacement")};
    if (step.mark.empty()) fields.refuse("replacement", "one character");
    step.drops_first = fields.boolean_or("add_prefix_space", true) &&
                       fields.text_or("prepend_scheme", "always") != "never";
    steps_.emplace_back(std::move(step));
  } else if (type == "Fuse") {
    expect_only(fields, {"type"});
    steps_.emplace_back(Fuse{});
  } else if (type == "Strip") {
    expect_only(fields, {"type", "content", "start", "stop"});
    const std::string content = fields.text("content");
    if (content.empty() || character_at(content, 0).bytes != content.size()) {
      fields.refuse("content", "one character");
    }
    constexpr IntegerRange counts{.least = 0};
    steps_.emplace_back(StripEnds{character_at(content, 0).code, fields.integer("start", counts),
                                  fields.integer("stop", counts)});
  } else if (type == "Replace") {
    expect_only(fields, {"type", "pattern", "content"});
    steps_.emplace_back(ReplaceText{literal_pattern(fields), fields.text("content")});
  } else {
    fields.refuse(
        "type",
        "a supported decoder: ByteLevel, ByteFallback, Metaspace, Fuse, Strip, Replace, Sequence");
  }
}

std::string Decoder::apply(std::vector<std::string> tokens) const {
  if (joins_by_space_) return joined(tokens, " ");
  const LengthLimit limit("decoder", bytes_of_tokens(tokens));
  for (const DecoderStep& step : steps_) {
    std::visit([&](const auto& one) { apply_step(one, tokens, limit); }, step);
    limit.check(bytes_of_tokens(tokens));
  }
  return joined(tokens, "");
}

}  // namespace phiscope::extract::tokenizer
