// SPDX-License-Identifier: MIT
#include "command/prompt_runs.hpp"

#include "command/flags.hpp"
#include "files/prompts.hpp"
#include "files/tokenizer.hpp"
#include "shard/format_error.hpp"

#include <stdexcept>

namespace phiscope::extract {
namespace {

using nlohmann::json;
using shard::FormatError;

/// Where prompts come from and what they must fit.
struct PromptSource {
  const std::filesystem::path& file;
  const std::filesystem::path& model;
  int generated;
  bool special;
};

/// The ids of a prompt, checked against the model.
std::vector<int> prompt_tokens(const Prompt& prompt, const PromptSource& from,
                               const ModelConfig& config, std::optional<Tokenizer>& tokenizer) {
  std::vector<int> tokens;
  if (prompt.text) {
    if (!tokenizer) tokenizer = Tokenizer::open(from.model);
    tokens = tokenizer->encode(*prompt.text, from.special).ids;
  } else {
    tokens = prompt.input_ids.value();
  }
  const std::string where = "prompt " + prompt.id;
  if (tokens.empty()) throw FormatError(from.file, where + ": no tokens, expected at least one");
  if (std::ssize(tokens) + from.generated > config.max_positions) {
    throw FormatError(
        from.file,
        where + ": " + std::to_string(tokens.size()) + " tokens" +
            (from.generated > 0 ? " and " + std::to_string(from.generated) + " to generate" : "") +
            ", expected at most the context length of the model, " +
            std::to_string(config.max_positions));
  }
  for (const int id : tokens) {
    if (id < 0 || id >= config.vocab) {
      throw FormatError(from.file, where + ": token id " + std::to_string(id) + ", expected 0 to " +
                                       std::to_string(config.vocab - 1));
    }
  }
  return tokens;
}

}  // namespace

void add_draw_options(Flags& flags, GenerateOptions& options) {
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
}

std::optional<Drawing> parse_drawing(const GenerateOptions& options, std::uint64_t seed) {
  if (options.temperature == 0.0) {
    if (options.top_k != 0 || options.top_p != 1.0 || options.repetition_penalty != 1.0) {
      throw std::runtime_error(
          "--temperature: found 0, expected a number above 0 with --top-k, --top-p or "
          "--repetition-penalty");
    }
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

TokenPrompts token_prompts(const std::filesystem::path& file, const std::filesystem::path& model,
                           const ModelConfig& config, int generated, bool special) {
  const PromptSource from{file, model, generated, special};
  std::optional<Tokenizer> tokenizer;  // not needed, and may be missing, when ids are given
  TokenPrompts result;
  for (const Prompt& prompt : read_prompts(file)) {
    result.prompts.push_back(
        {.id = prompt.id, .tokens = prompt_tokens(prompt, from, config, tokenizer)});
    result.lines += nlohmann::ordered_json{{"id", prompt.id},
                                           {"text", prompt.text ? json(*prompt.text) : json()},
                                           {"input_ids", result.prompts.back().tokens},
                                           {"meta", prompt.meta}}
                        .dump() +
                    "\n";
  }
  if (tokenizer) result.unknown = tokenizer->unknown_id();
  return result;
}

}  // namespace phiscope::extract
