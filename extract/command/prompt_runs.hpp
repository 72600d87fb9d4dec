// SPDX-License-Identifier: MIT
#pragma once

#include "command/interventions.hpp"
#include "plan/generation.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::extract {

class Flags;

/// How tokens are generated.
struct GenerateOptions {
  int tokens = 0;  ///< at most
  bool ignore_eos = false;
  int samples = 0;           ///< continuations of each prompt; 0: one, not numbered
  double temperature = 0.0;  ///< 0: the highest score
  int top_k = 0;
  double top_p = 1.0;
  double repetition_penalty = 1.0;
};

/// Adds the flags for drawing tokens, except the number of tokens, to a subcommand.
void add_draw_options(Flags& flags, GenerateOptions& options);

/// What the options of drawing ask for; nothing for the highest score, which has a repetition
/// penalty as well (Generation::greedy_penalty).
/// @throws std::runtime_error or std::invalid_argument naming the option, found and expected
std::optional<Drawing> parse_drawing(const GenerateOptions& options, std::uint64_t seed);

/// These options as plan.json has them.
nlohmann::ordered_json described(const GenerateOptions& options);

/// Says on standard error how many blank lines of a file in JSON lines are skipped, where some are.
void warn_of_blank_lines(const std::filesystem::path& file);

/// The prompts of a file, as a model reads them.
struct TokenPrompts {
  std::vector<TokenPrompt> prompts;
  std::string lines;           ///< of prompts.jsonl, one per prompt
  std::optional<int> unknown;  ///< id of what the tokenizer does not know, where a text was read
};

/// How prompts are read.
struct PromptReading {
  int generated = 0;    ///< tokens that each may be continued by
  bool special = true;  ///< add special tokens such as BOS
  int latents = 0;      ///< of a model of latent thoughts; 0: as many as it was made for
};

/// The prompts of a file with their tokens, checked against the model. For a model of latent
/// thoughts a text is a question: it is read as the training code does, and begins and ends the
/// thoughts; so do input_ids, which are the question's.
/// @throws shard::FormatError naming file, prompt, found and expected
TokenPrompts token_prompts(const std::filesystem::path& file, const std::filesystem::path& model,
                           const ModelConfig& config, const PromptReading& how);

/// What can be generated, and what ends it: the model's end tokens, unless they are ignored; of a
/// model of latent thoughts its own, and no id from logits_slice on.
/// @param model  the directory, whose tokenizer names tokens
/// @throws shard::FormatError for an end token of the tokenizer that the embedding does not have,
///         where tokens are generated
void set_ends(const std::filesystem::path& model, const ModelConfig& config, bool ignore_eos,
              Generation& generation);

/// Tokens of a free answer, at most: as asked, or where 0 is, 256 or a quarter of a shorter
/// context.
inline int answer_tokens(int asked, const ModelConfig& config) {
  return asked > 0 ? asked
                   : static_cast<int>(std::min<std::int64_t>(256, config.max_positions / 4));
}

}  // namespace phiscope::extract
