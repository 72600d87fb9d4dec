// SPDX-License-Identifier: MIT
#include "patching/inputs.hpp"

#include "files/latent_question.hpp"
#include "files/model/embedded_ids.hpp"
#include "shard/file/format_error.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;
using shard::FormatError;

constexpr int published_pads = 5;

/// Reads the halves of pairs.
class PairReader {
 public:
  PairReader(const std::filesystem::path& file, const std::filesystem::path& model,
             const ModelConfig& config, const PairReading& how)
      : file_(file), model_(model), config_(config), how_(how) {}

  /// @return  nothing, and why in `status`, for a pair that is dropped
  std::optional<PatchPair> read(const QuestionPair& pair, std::string& status) {
    PatchPair made{
        .id = pair.id, .clean = side(pair, pair.clean), .corrupted = side(pair, pair.corrupted)};
    if (!how_.span.empty() && !(made.clean.span && made.corrupted.span)) {
      if (!how_.skip_bad) refuse_span(pair, made.clean.span ? "corrupted" : "clean");
      status = "no_span";
    }
    if (status.empty() && !place_sites(made)) status = "not_aligned";
    if (status.empty() && made.clean.target == made.corrupted.target) {
      if (!how_.skip_bad) refuse_answers(pair);
      status = "equal_answers";
    }
    if (status.empty()) status = answer_status(made);
    if (status.empty() && is_too_long(made)) {
      if (!how_.skip_bad) refuse_length(made);
      status = "too_long";
    }
    return status.empty() ? std::optional(made) : std::nullopt;
  }

 private:
  const Tokenizer& tokenizer() {
    if (!tokenizer_) tokenizer_ = Tokenizer::open(model_);
    return *tokenizer_;
  }

  std::vector<int> encoded(const std::string& text) {
    return tokenizer().encode(text, /*special=*/false).ids;
  }

  PatchSide side(const QuestionPair& pair, const PairSide& half) {
    PatchSide made;
    made.steps_of_reasoning = half.steps.value_or(-1);
    if (half.input_ids) {
      made.tokens = *half.input_ids;
      if (const auto* at = span_of(half)) made.span = of_ids(pair, *at, made.tokens);
    } else if (config_.latent) {
      made.tokens = question_tokens(tokenizer(), *config_.latent, *half.question, !how_.published);
    } else {
      Encoding encoded = tokenizer().encode(*half.question, /*special=*/true);
      if (const auto* at = span_of(half)) made.span = of_text(pair, *at, *half.question, encoded);
      made.tokens = std::move(encoded.ids);
    }
    const auto add = [&](const std::vector<int>& ids) {
      made.tokens.insert(made.tokens.end(), ids.begin(), ids.end());
    };
    if (config_.latent) {
      add(before_thoughts(*config_.latent));
      if (how_.published) {
        add(std::vector<int>(published_pads, static_cast<int>(config_.latent->pad_id)));
      }
    }
    made.target = encoded(half.answer);
    if (how_.answers) {
      prefix_ = encoded(how_.answer_prefix);
      made.forced = encoded(how_.answer_prefix + " " + half.answer);
    }
    for (const std::vector<int>* ids : {&made.tokens, &made.target, &made.forced}) {
      EmbeddedIds(model_, config_.vocab).check(*ids, file_, "pair " + pair.id);
    }
    if (made.tokens.empty() || made.target.empty()) {
      throw FormatError(file_, "pair " + pair.id + ": a question or an answer without tokens");
    }
    return made;
  }

  /// Where the span of --span is; nullptr where it is not asked for, or this half has none.
  [[nodiscard]] const std::array<int, 2>* span_of(const PairSide& half) const {
    const auto found = how_.span.empty() ? half.spans.end() : half.spans.find(how_.span);
    return found == half.spans.end() ? nullptr : &found->second;
  }
  [[nodiscard]] TokenSpan of_ids(const QuestionPair& pair, const std::array<int, 2>& at,
                                 const std::vector<int>& ids) const {
    if (at[1] > static_cast<int>(ids.size())) {
      refuse_place(pair, at, "the half's " + std::to_string(ids.size()) + " input_ids");
    }
    return {.begin = at[0], .end = at[1]};
  }
  [[nodiscard]] TokenSpan of_text(const QuestionPair& pair, const std::array<int, 2>& at,
                                  const std::string& text, const Encoding& encoded) const {
    const auto found = tokens_touching(text, at, encoded.offsets);
    if (!found) {
      refuse_place(pair, at,
                   "the question's " + std::to_string(character_starts(text).size() - 1) +
                       " characters that a token touches");
    }
    return *found;
  }
  [[noreturn]] void refuse_place(const QuestionPair& pair, const std::array<int, 2>& at,
                                 const std::string& expected) const {
    throw FormatError(file_, "pair " + pair.id + ": span '" + how_.span + "' is [" +
                                 std::to_string(at[0]) + ", " + std::to_string(at[1]) +
                                 "], expected a range within " + expected);
  }
  [[noreturn]] void refuse_span(const QuestionPair& pair, const char* half) const {
    throw FormatError(file_, "pair " + pair.id + ": its " + half + " half has no span '" +
                                 how_.span +
                                 "', expected one (--skip-bad-pairs leaves such a pair out)");
  }

  bool place_sites(PatchPair& pair) const {
    const auto clean = static_cast<int>(pair.clean.tokens.size());
    const auto corrupted = static_cast<int>(pair.corrupted.tokens.size());
    if (config_.latent) {
      const int pads = how_.published ? published_pads : 0;
      pair.clean.first_site = clean - pads;
      pair.corrupted.first_site = corrupted - pads;
      pair.sites = how_.published ? published_pads : how_.latents;
      return true;
    }
    if (!how_.span.empty()) {
      pair.clean.first_site = pair.clean.span->begin;
      pair.corrupted.first_site = pair.corrupted.span->begin;
      pair.sites = pair.clean.span->size();
      return pair.sites == pair.corrupted.span->size();
    }
    if (how_.align == Align::start && clean != corrupted) return false;
    pair.sites = std::min(clean, corrupted);
    pair.clean.first_site = clean - pair.sites;
    pair.corrupted.first_site = corrupted - pair.sites;
    return true;
  }

  [[nodiscard]] std::string answer_status(PatchPair& pair) const {
    if (!how_.answers) return "";
    const auto begins = [&](const std::vector<int>& ids) {
      return ids.size() >= prefix_.size() &&
             std::equal(prefix_.begin(), prefix_.end(), ids.begin());
    };
    const std::vector<int>& a = pair.clean.forced;
    const std::vector<int>& b = pair.corrupted.forced;
    if (!begins(a) || !begins(b)) return "prefix_retokenised";
    while (pair.first_scored < std::min(a.size(), b.size()) &&
           a[pair.first_scored] == b[pair.first_scored]) {
      ++pair.first_scored;
    }
    return pair.first_scored == std::min(a.size(), b.size()) ? "answer_nested" : "";
  }

  [[nodiscard]] std::size_t length(const PatchPair& pair) const {
    const std::size_t thoughts = config_.latent ? static_cast<std::size_t>(how_.latents) +
                                                      after_thoughts(*config_.latent).size()
                                                : 0;
    const std::size_t answer = std::max({pair.clean.forced.size(), pair.corrupted.forced.size(),
                                         static_cast<std::size_t>(how_.generated)});
    return std::max(pair.clean.tokens.size(), pair.corrupted.tokens.size()) + thoughts + answer;
  }
  [[nodiscard]] bool is_too_long(const PatchPair& pair) const {
    return length(pair) > static_cast<std::size_t>(config_.max_positions);
  }
  [[noreturn]] void refuse_answers(const QuestionPair& pair) const {
    throw FormatError(file_, "pair " + pair.id + ": both answers are the tokens of " +
                                 shard::quote_bytes(pair.clean.answer, 40) +
                                 ", expected different ones (--skip-bad-pairs leaves such a pair "
                                 "out)");
  }
  [[noreturn]] void refuse_length(const PatchPair& pair) const {
    throw FormatError(file_, "pair " + pair.id + ": " + std::to_string(length(pair)) +
                                 " positions (question, thoughts, answer), expected at most the "
                                 "context length of the model, " +
                                 std::to_string(config_.max_positions) +
                                 " (less --max-new-tokens, or --skip-bad-pairs)");
  }

  const std::filesystem::path& file_;
  const std::filesystem::path& model_;
  const ModelConfig& config_;
  const PairReading& how_;
  std::optional<Tokenizer> tokenizer_;
  std::vector<int> prefix_;
};

std::string line_of(const QuestionPair& pair, const char* half, const PairSide& side,
                    const PatchSide& tokens) {
  ordered_json line{{"id", pair.id + "/" + half},
                    {"text", side.question ? ordered_json(*side.question) : ordered_json()},
                    {"input_ids", tokens.tokens},
                    {"meta",
                     {{"pair_id", pair_id(pair.id, pair.id_is_text)},
                      {"variant", half},
                      {"answer", side.answer}}}};
  if (side.steps) line["meta"]["reasoning_steps"] = *side.steps;
  return line.dump() + "\n";
}

}  // namespace

TokenPairs tokenise_pairs(const std::filesystem::path& file, const QuestionPairs& pairs,
                          const std::filesystem::path& model, const ModelConfig& config,
                          const PairReading& how) {
  TokenPairs made;
  made.dropped = pairs.dropped;
  if (config.latent) made.after = after_thoughts(*config.latent);
  PairReader reader(file, model, config, how);
  for (const QuestionPair& pair : pairs.pairs) {
    std::string status;
    const std::optional<PatchPair> tokens = reader.read(pair, status);
    if (!tokens) {
      made.dropped.push_back({pair.id, status, pair.id_is_text});
      continue;
    }
    made.prompts_jsonl += line_of(pair, "clean", pair.clean, tokens->clean) +
                          line_of(pair, "corrupted", pair.corrupted, tokens->corrupted);
    made.pairs.push_back(*tokens);
    made.texts.push_back(pair);
  }
  if (made.pairs.empty()) {
    throw FormatError(file, "none of " + std::to_string(pairs.pairs.size()) +
                                " pairs can be used (the first: " + made.dropped.front().status +
                                "), expected at least one");
  }
  return made;
}

}  // namespace phiscope::extract
