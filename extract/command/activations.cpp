// SPDX-License-Identifier: MIT
#include "command/commands.hpp"
#include "command/run.hpp"
#include "files/prompts.hpp"

#include <algorithm>
#include <stdexcept>

namespace phiscope::extract {
namespace {

using nlohmann::json;

/// The hooks of --capture, each once.
std::vector<Capture> parse_captures(const std::vector<std::string>& names,
                                    const std::vector<int>& layers) {
  std::vector<Capture> captures;
  for (const std::string& name : names) {
    const auto* const found =
        std::ranges::find(hook_names, std::string_view(name), &HookName::name);
    if (found == hook_names.end()) {
      std::string known;
      for (const HookName& hook : hook_names) known += " " + std::string(hook.name);
      throw std::runtime_error("--capture: found '" + name + "', expected some of" + known);
    }
    const bool twice = std::ranges::any_of(
        captures, [&](const Capture& capture) { return capture.hook == found->hook; });
    if (twice) throw std::runtime_error("--capture: '" + name + "' stands twice");
    captures.push_back({.array = name,
                        .hook = found->hook,
                        .layers = found->in_block ? layers : std::vector<int>{}});
  }
  return captures;
}

/// The ids of a prompt, checked against the model.
std::vector<int> prompt_tokens(const Prompt& prompt, const ActivationsOptions& options,
                               const ModelConfig& config, std::optional<Tokenizer>& tokenizer) {
  std::vector<int> tokens;
  if (prompt.text) {
    if (!tokenizer) tokenizer = Tokenizer::open(options.run.model);
    tokens = tokenizer->encode(*prompt.text, !options.no_special).ids;
  } else {
    tokens = prompt.input_ids.value();
  }
  const std::string where = options.prompts.string() + ": prompt " + prompt.id;
  if (tokens.empty()) throw std::runtime_error(where + ": no tokens, expected at least one");
  if (std::ssize(tokens) + options.generate > config.max_positions) {
    throw std::runtime_error(
        where + ": " + std::to_string(tokens.size()) + " tokens" +
        (options.generate > 0 ? " and " + std::to_string(options.generate) + " to generate" : "") +
        ", expected at most the context length of the model, " +
        std::to_string(config.max_positions));
  }
  for (const int id : tokens) {
    if (id < 0 || id >= config.vocab) {
      throw std::runtime_error(where + ": token id " + std::to_string(id) + ", expected 0 to " +
                               std::to_string(config.vocab - 1));
    }
  }
  return tokens;
}

/// What --positions and --generate ask for.
Generation parse_generation(const ActivationsOptions& options, const ModelConfig& config) {
  Generation generation{.tokens = options.generate, .end = {}, .rows = GeneratedRows::none};
  if (options.positions == "gen" && options.generate == 0) {
    throw std::runtime_error("--positions gen: nothing is generated, expected --generate N");
  }
  if (options.capture.empty() && options.generate == 0) {
    throw std::runtime_error("--capture: found nothing, expected hooks, or --generate N");
  }
  if (options.generate == 0) return generation;
  if (options.positions == "gen") generation.rows = GeneratedRows::predicting;
  if (options.positions == "all") generation.rows = GeneratedRows::tokens;
  if (!options.ignore_eos) generation.end.assign(config.eos.begin(), config.eos.end());
  return generation;
}

}  // namespace

void activations(const ActivationsOptions& options, const std::string& command_line) {
  const CheckedModel model = check_run(options.run);
  const ModelConfig& config = model.config;
  RunRequest request{.experiment = "activations",
                     .plan = {},
                     .row_formula = "",
                     .row_space = "token",
                     .row_key = {"prompt", "position"},
                     .prompts_jsonl = "",
                     .options = {},
                     .details = {}};
  request.plan.captures = parse_captures(
      options.capture, parse_layers(options.run.layers, static_cast<int>(config.layers)));
  request.plan.groups_per_shard = options.prompts_per_shard;

  request.plan.generation = parse_generation(options, config);

  std::optional<Tokenizer> tokenizer;  // not needed, and perhaps not there, when ids are given
  std::int64_t index = 0;
  for (const Prompt& prompt : read_prompts(options.prompts)) {
    Run run{
        .tokens = prompt_tokens(prompt, options, config, tokenizer), .rows = {}, .key = {index}};
    const int length = static_cast<int>(run.tokens.size());
    const int first = options.positions == "all" ? 0 : length - 1;
    for (int position = options.positions == "gen" ? length : first; position < length;
         ++position) {
      run.rows.push_back({.key = {index, position}, .spans = {{position, position + 1}}});
    }
    request.prompts_jsonl +=
        nlohmann::ordered_json{{"id", prompt.id},
                               {"text", prompt.text ? json(*prompt.text) : json()},
                               {"input_ids", run.tokens},
                               {"meta", prompt.meta}}
            .dump() +
        "\n";
    request.plan.groups.push_back({.runs = {std::move(run)}});
    ++index;
  }
  request.options = {{"capture", options.capture},
                     {"layers", options.run.layers},
                     {"positions", options.positions},
                     {"generate", options.generate},
                     {"end_tokens", request.plan.generation.end},
                     {"special_tokens", !options.no_special},
                     {"seed", options.run.seed}};
  run(options.run, model, request, command_line);
}

}  // namespace phiscope::extract
