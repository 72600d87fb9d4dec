// SPDX-License-Identifier: MIT
#include "files/tokenizer/pre_tokenizer.hpp"

#include "files/tokenizer/component.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace phiscope::extract::tokenizer {

namespace {

/// GPT-2's pattern, which `ByteLevel` means without spelling it out.
constexpr const char* gpt2_pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
/// Inside of a class: the \w of Unicode's regular expressions, which PCRE2's is not (@see is_word).
constexpr const char* word_characters =
    R"(\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d}\x{24b6}-\x{24e9})"
    R"(\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189})";
/// Unicode's punctuation, and ASCII's that Unicode counts as symbols.
constexpr const char* punctuation_pattern = R"([\p{P}\$\+<=>\^`\|~])";

SplitBehavior read_behavior(const JsonFields& fields) {
  constexpr std::array<std::pair<std::string_view, SplitBehavior>, 5> names{{
      {"Removed", SplitBehavior::removed},
      {"Isolated", SplitBehavior::isolated},
      {"MergedWithPrevious", SplitBehavior::merged_with_previous},
      {"MergedWithNext", SplitBehavior::merged_with_next},
      {"Contiguous", SplitBehavior::contiguous},
  }};
  const std::string given = fields.text("behavior");
  for (const auto& [name, behavior] : names) {
    if (name == given) return behavior;
  }
  fields.refuse("behavior", "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

Pattern read_pattern(const JsonFields& fields) {
  const JsonFields pattern = fields.object("pattern");
  if (pattern.has("String")) return Pattern::literal(literal_pattern(fields), fields.file());
  expect_only(pattern, {"Regex"});
  return {pattern.text("Regex"), fields.file()};
}

struct Cut {
  Range range;
  bool is_match = false;
};

std::vector<Cut> cuts(const Split& split, std::string_view text) {
  std::vector<Cut> all;
  std::size_t done = 0;
  for (const Range match : split.pattern.matches(text)) {
    if (done < match.begin) all.push_back({{done, match.begin}, split.invert});
    all.push_back({match, !split.invert});
    done = match.end;
  }
  if (done < text.size()) all.push_back({{done, text.size()}, split.invert});
  return all;
}

/// Is the boundary between two neighbours dropped?
bool joined(SplitBehavior behavior, const Cut& left, const Cut& right) {
  switch (behavior) {
    case SplitBehavior::contiguous:
      return left.is_match == right.is_match;
    case SplitBehavior::merged_with_previous:
      return right.is_match && !left.is_match;
    case SplitBehavior::merged_with_next:
      return left.is_match && !right.is_match;
    case SplitBehavior::removed:
    case SplitBehavior::isolated:
      return false;
  }
  return false;
}

void apply_step(const Split& split, AlignedText& text, std::vector<Range>& pieces) {
  std::vector<Range> out;
  for (const Range piece : pieces) {
    for (const Range part : split_text(split, piece.of(text.bytes))) {
      out.push_back({piece.begin + part.begin, piece.begin + part.end});
    }
  }
  pieces = std::move(out);
}

/// Text put together piece by piece from another, with its sources.
class Rebuilt {
 public:
  explicit Rebuilt(AlignedText& from) : from_(from) { from.make_sources(); }
  void copy(Range part) {
    out_.bytes += part.of(from_.bytes);
    out_.sources.insert(out_.sources.end(),
                        from_.sources.begin() + static_cast<std::ptrdiff_t>(part.begin),
                        from_.sources.begin() + static_cast<std::ptrdiff_t>(part.end));
  }
  /// Adds text that comes from the byte `at`.
  void put(std::string_view text, std::size_t at) {
    out_.bytes += text;
    out_.sources.resize(out_.bytes.size(), from_.sources[at]);
  }
  [[nodiscard]] std::size_t size() const { return out_.bytes.size(); }
  void finish() { from_ = std::move(out_); }

 private:
  AlignedText& from_;
  AlignedText out_;
};

void apply_step(const PrefixSpace& /*step*/, AlignedText& text, std::vector<Range>& pieces) {
  const bool all_have_one =
      std::ranges::all_of(pieces, [&](Range piece) { return text.bytes[piece.begin] == ' '; });
  if (all_have_one) return;
  Rebuilt out(text);
  for (Range& piece : pieces) {
    const std::size_t begin = out.size();
    if (text.bytes[piece.begin] != ' ') out.put(" ", piece.begin);
    out.copy(piece);
    piece = {begin, out.size()};
  }
  out.finish();
}

void apply_step(const Metaspace& step, AlignedText& text, std::vector<Range>& pieces) {
  Rebuilt out(text);
  for (Range& piece : pieces) {
    const std::size_t begin = out.size();
    const std::string_view bytes = piece.of(text.bytes);
    const bool marked = bytes.starts_with(' ') || bytes.starts_with(step.mark);
    const bool wanted =
        step.prepend == Metaspace::Prepend::always ||
        (step.prepend == Metaspace::Prepend::first && text.sources[piece.begin].begin == 0);
    if (wanted && !marked) out.put(step.mark, piece.begin);
    for (std::size_t i = piece.begin; i < piece.end; ++i) {
      if (text.bytes[i] == ' ') {
        out.put(step.mark, i);
      } else {
        out.copy({i, i + 1});
      }
    }
    piece = {begin, out.size()};
  }
  out.finish();
  if (step.split) apply_step(*step.split, text, pieces);
}

}  // namespace

std::vector<Range> split_text(const Split& split, std::string_view text) {
  std::vector<Range> pieces;
  const std::vector<Cut> all = cuts(split, text);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (split.behavior == SplitBehavior::removed) {
      if (!all[i].is_match) pieces.push_back(all[i].range);
    } else if (i > 0 && joined(split.behavior, all[i - 1], all[i])) {
      pieces.back().end = all[i].range.end;
    } else {
      pieces.push_back(all[i].range);
    }
  }
  return pieces;
}

PreTokenizer::PreTokenizer(const JsonFields& root) {
  if (root.has("pre_tokenizer")) read(root.object("pre_tokenizer"));
}

void PreTokenizer::read(const JsonFields& fields) {
  const std::string type = fields.text("type");
  if (byte_level_) fields.refuse("type", "no pre-tokenizer after ByteLevel");
  if (type == "Sequence") {
    expect_only(fields, {"type", "pretokenizers"});
    for_each_component(fields, "pretokenizers", [this](const JsonFields& inner) { read(inner); });
  } else if (type == "ByteLevel") {
    read_byte_level(fields);
  } else if (type == "Metaspace") {
    read_metaspace(fields);
  } else if (type == "Split") {
    expect_only(fields, {"type", "pattern", "behavior", "invert"});
    steps_.emplace_back(
        Split{read_pattern(fields), read_behavior(fields), fields.boolean_or("invert", false)});
  } else if (type == "WhitespaceSplit") {
    expect_only(fields, {"type"});
    steps_.emplace_back(Split{Pattern(R"(\s)", fields.file()), SplitBehavior::removed, false});
  } else if (type == "Whitespace") {
    expect_only(fields, {"type"});
    const std::string word = word_characters;
    const std::string pattern = "[" + word + "]+|[^" + word + R"(\s]+)";
    steps_.emplace_back(Split{Pattern(pattern, fields.file()), SplitBehavior::removed, true});
  } else if (type == "Digits") {
    expect_only(fields, {"type", "individual_digits"});
    const bool each = fields.boolean_or("individual_digits", false);
    steps_.emplace_back(Split{Pattern(R"(\p{N})", fields.file()),
                              each ? SplitBehavior::isolated : SplitBehavior::contiguous, false});
  } else if (type == "Punctuation") {
    expect_only(fields, {"type", "behavior"});
    const auto behavior = fields.has("behavior") ? read_behavior(fields) : SplitBehavior::isolated;
    steps_.emplace_back(Split{Pattern(punctuation_pattern, fields.file()), behavior, false});
  } else {
    fields.refuse("type",
                  "a supported pre-tokenizer: ByteLevel, Metaspace, Split, WhitespaceSplit, "
                  "Whitespace, Digits, "
                  "Punctuation, Sequence");
  }
}

void PreTokenizer::read_byte_level(const JsonFields& fields) {
  expect_only(fields, {"type", "add_prefix_space", "trim_offsets", "use_regex"});
  if (fields.boolean_or("add_prefix_space", true)) steps_.emplace_back(PrefixSpace{});
  if (fields.boolean_or("use_regex", true)) {
    steps_.emplace_back(
        Split{Pattern(gpt2_pattern, fields.file()), SplitBehavior::isolated, false});
  }
  byte_level_ = true;
}

void PreTokenizer::read_metaspace(const JsonFields& fields) {
  expect_only(fields,
              {"type", "replacement", "prepend_scheme", "add_prefix_space", "split", "str_rep"});
  Metaspace step{.mark = fields.text("replacement"), .split = std::nullopt};
  if (step.mark.empty()) fields.refuse("replacement", "one character");
  // Older files say add_prefix_space instead of the scheme.
  const std::string scheme = fields.text_or(
      "prepend_scheme", fields.boolean_or("add_prefix_space", true) ? "always" : "never");
  if (scheme == "first") {
    step.prepend = Metaspace::Prepend::first;
  } else if (scheme == "never") {
    step.prepend = Metaspace::Prepend::never;
  } else if (scheme != "always") {
    fields.refuse("prepend_scheme", "always, first or never");
  }
  if (fields.boolean_or("split", true)) {
    step.split.emplace(
        Split{Pattern::literal(step.mark, fields.file()), SplitBehavior::merged_with_next, false});
  }
  steps_.emplace_back(std::move(step));
}

bool PreTokenizer::puts_space() const {
  return std::ranges::any_of(steps_, [](const PreTokenizerStep& step) {
    const auto* const mark = std::get_if<Metaspace>(&step);
    return std::holds_alternative<PrefixSpace>(step) ||
           (mark != nullptr && mark->prepend != Metaspace::Prepend::never);
  });
}

std::vector<Range> PreTokenizer::apply(AlignedText& text) const {
  if (text.bytes.empty()) return {};
  std::vector<Range> pieces{{0, text.bytes.size()}};
  for (const PreTokenizerStep& step : steps_) {
    std::visit([&](const auto& one) { apply_step(one, text, pieces); }, step);
  }
  return pieces;
}

}  // namespace phiscope::extract::tokenizer
