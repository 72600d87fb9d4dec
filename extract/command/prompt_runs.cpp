// SPDX-License-Identifier: MIT
#include "command/prompt_runs.hpp"

#include "command/flags.hpp"
#include "files/json_entries.hpp"
#include "files/latent_question.hpp"
#include "files/model/embedded_ids.hpp"
#include "files/prompts.hpp"
#include "files/tokenizer.hpp"
#include "shard/file/format_error.hpp"
#include "watch/stop.hpp"

#include <algorithm>
#include <iostream>
#include <stdexcept>

namespace phiscope::extract {
namespace {

using nlohmann::json;
using shard::FormatError;

/// Where prompts come from and what they must fit.
struct PromptSource {
  const std::filesystem::path& file;
  const std::filesystem::path& model;
  PromptReading how;
};

/// The ids of a prompt, checked against the model, with the thoughts of a model that has some.
TokenPrompt read_tokens(const Prompt& prompt, const PromptSource& from, const ModelConfig& config,
                        std::optional<Tokenizer>& tokenizer) {
  TokenPrompt read{.id = prompt.id, .tokens = {}};
  std::vector<int>& tokens = read.tokens;
  if (prompt.text) {
    // Before it is tokenised: that would take minutes, and no context holds what comes of it.
    constexpr std::size_t longest = 16'000'000;
    if (prompt.text->size() > longest) {
      throw FormatError(from.file, "prompt " + prompt.id + ": a text of " +
                                       std::to_string(prompt.text->size()) +
                                       " bytes, expected at most " + std::to_string(longest));
    }
    if (!tokenizer) tokenizer = Tokenizer::open(from.model);
    tokens = config.latent
                 ? question_tokens(*tokenizer, *config.latent, *prompt.text, from.how.special)
                 : tokenizer->encode(*prompt.text, from.how.special).ids;
  } else {
    tokens = prompt.input_ids.value();
  }
  if (config.latent) {
    const std::vector<int> begin = before_thoughts(*config.latent);
    tokens.insert(tokens.end(), begin.begin(), begin.end());
    const auto own = static_cast<int>(config.latent->num_latent);
    read.latents = from.how.latents > 0 ? from.how.latents : own;
    read.after = after_thoughts(*config.latent);
  }
  const std::string where = "prompt " + prompt.id;
  if (tokens.empty()) throw FormatError(from.file, where + ": no tokens, expected at least one");
  const std::int64_t thoughts = read.latents + std::ssize(read.after);
  if (std::ssize(tokens) + thoughts + from.how.generated > config.max_positions) {
    throw FormatError(
        from.file,
        where + ": " + std::to_string(tokens.size()) + " tokens" +
            (thoughts > 0 ? ", " + std::to_string(thoughts) + " for the thoughts" : "") +
            (from.how.generated > 0 ? " and " + std::to_string(from.how.generated) + " to generate"
                                    : "") +
            ", expected at most the context length of the model, " +
            std::to_string(config.max_positions) +
            (config.learned_positions ? ", the end of its table of learned positions"
                                      : " (--allow-long takes more)"));
  }
  EmbeddedIds(from.model, config.vocab).check(tokens, from.file, where);
  if (from.how.latents > 0 && !config.latent) {
    throw std::runtime_error("--latents: found " + std::to_string(from.how.latents) +
                             " for a model without codi.json, expected a model of latent thoughts");
  }
  return read;
}

/// Files whose fields were left at the family's defaults name end tokens that neither embedding nor
/// tokenizer have; those do no harm. One that the tokenizer has would never end a text.
void check_ends(const std::filesystem::path& model, const ModelConfig& config) {
  const EmbeddedIds embedded(model, config.vocab);
  if (!config.eos.empty() &&
      std::ranges::none_of(config.eos, [&](std::int64_t id) { return embedded.has(id); })) {
    throw FormatError(model,
                      "eos_token_id of generation_config.json or config.json: token id " +
                          embedded.named(config.eos.front()) + ", expected " + embedded.expected() +
                          ": no text could end with it; --ignore-eos generates all the same");
  }
  for (const std::int64_t id : config.eos) {
    if (embedded.has(id)) continue;
    const std::string named = embedded.named(id);
    if (named == std::to_string(id)) continue;
    throw FormatError(model, "eos_token_id of generation_config.json or config.json: token id " +
                                 named + ", expected " + embedded.expected() +
                                 ": no prompt could end with it");
  }
}

}  // namespace

void warn_of_blank_lines(const std::filesystem::path& file) {
  const std::string warning = blank_lines_warning(file);
  if (!warning.empty()) std::cerr << "warning: " << warning << '\n';
}

void add_draw_options(Flags& flags, GenerateOptions& options) {
  flags.group("Drawing of tokens");
  flags
      .add("--temperature", options.temperature,
           "divide the scores by this before drawing; 0: take the highest score")
      .with_default();
  flags.add("--top-k", options.top_k, "draw only from the K most probable tokens; 0: all")
      .with_default();
  flags.add("--top-p", options.top_p, "draw only from the most probable tokens that add up to this")
      .with_default();
  flags
      .add("--repetition-penalty", options.repetition_penalty,
           "above 1: make tokens of the prompt and earlier draws less probable")
      .with_default();
  flags.group("Experiment");
}

std::optional<Drawing> parse_drawing(const GenerateOptions& options, std::uint64_t seed) {
  if (options.temperature == 0.0) {
    if (options.top_k != 0 || options.top_p != 1.0) {
      throw std::runtime_error(
          "--temperature: found 0, expected a number above 0 with --top-k or --top-p");
    }
    check_draw_options({.repetition_penalty = options.repetition_penalty});
    if (options.samples > 1) {
      throw std::runtime_error("--samples: found " + std::to_string(options.samples) +
                               ", expected --temperature above 0: greedy samples are identical");
    }
    return std::nullopt;
  }
  const DrawOptions drawn{.temperature = options.temperature,
                          .top_k = options.top_k,
                          .top_p = options.top_p,
                          .repetition_penalty = options.repetition_penalty};
  check_draw_options(drawn);
  return Drawing{.options = drawn, .seed = seed};
}

nlohmann::ordered_json described(const GenerateOptions& options) {
  return {{"samples", options.samples},
          {"temperature", options.temperature},
          {"top_k", options.top_k},
          {"top_p", options.top_p},
          {"repetition_penalty", options.repetition_penalty}};
}

void set_ends(const std::filesystem::path& model, const ModelConfig& config, bool ignore_eos,
              Generation& generation) {
  if (config.latent) generation.below = static_cast<int>(config.latent->logits_slice);
  if (ignore_eos) return;
  if (config.latent) {
    generation.end = {static_cast<int>(config.latent->eos_id)};
  } else {
    if (generation.tokens > 0) check_ends(model, config);
    generation.end.assign(config.eos.begin(), config.eos.end());
  }
}

TokenPrompts token_prompts(const std::filesystem::path& file, const std::filesystem::path& model,
                           const ModelConfig& config, const PromptReading& how) {
  const PromptSource from{file, model, how};
  std::optional<Tokenizer> tokenizer;  // not needed, and may be missing, when ids are given
  TokenPrompts result;
  warn_of_blank_lines(file);
  for (const Prompt& prompt : read_prompts(file)) {
    stop_if_asked();
    result.prompts.push_back(read_tokens(prompt, from, config, tokenizer));
    const TokenPrompt& read = result.prompts.back();
    nlohmann::ordered_json line{{"id", prompt.id},
                                {"text", prompt.text ? json(*prompt.text) : json()},
                                {"input_ids", read.tokens}};
    if (config.latent) {
      line["latents"] = read.latents;
      line["after_ids"] = read.after;
    }
    if (prompt.answer) line["answer"] = *prompt.answer;
    line["meta"] = prompt.meta;
    result.lines += line.dump() + "\n";
  }
  if (tokenizer) result.unknown = tokenizer->unknown_id();
  return result;
}

}  // namespace phiscope::extract
