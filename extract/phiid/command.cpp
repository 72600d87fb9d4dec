// SPDX-License-Identifier: MIT
#include "phiid/command.hpp"

#include "command/choice.hpp"
#include "command/flags.hpp"
#include "command/options.hpp"
#include "command/prompt_runs.hpp"
#include "command/run.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <stdexcept>

namespace phiscope::extract {
namespace {

/// The one test that a run is to decide; analyze-phiid knows them by these names.
enum class Primary {
  inverted_u,
  u,
  synergy_redundancy,
  surrogates_synergy,
  surrogates_redundancy,
};
constexpr Choices<Primary, 5> primaries{
    {{"inverted-u", Primary::inverted_u},
     {"u", Primary::u},
     {"synergy-redundancy", Primary::synergy_redundancy},
     {"surrogates-synergy", Primary::surrogates_synergy},
     {"surrogates-redundancy", Primary::surrogates_redundancy}}};

struct PhiidOptions {
  RunOptions run;
  std::filesystem::path prompts;
  GenerateOptions generate{.tokens = 100};
  bool published = false;
  Primary primary = Primary::inverted_u;
  std::size_t prompts_per_shard = 16;
  bool no_special = false;
};

constexpr const char* published_warning =
    "--published: continuations run on after the end of the text, as in the published experiment: "
    "what the model writes there (loops, mostly) is in the series";

constexpr double most_unknown = 0.05;  ///< of a prompt's tokens, before it is warned of

/// Prompts that the model cannot read are told before hours are spent on them.
void warn_of_unknown(const TokenPrompts& read) {
  if (!read.unknown) return;
  std::size_t prompts = 0;
  std::size_t tokens = 0;
  std::size_t unknown = 0;
  for (const TokenPrompt& prompt : read.prompts) {
    const auto own = std::count(prompt.tokens.begin(), prompt.tokens.end(), *read.unknown);
    const auto all = static_cast<double>(prompt.tokens.size());
    prompts += static_cast<double>(own) > most_unknown * all ? 1U : 0U;
    unknown += static_cast<std::size_t>(own);
    tokens += prompt.tokens.size();
  }
  if (prompts == 0) return;
  std::cerr << "warning: more than 5 % of the tokens of " << prompts << " of "
            << read.prompts.size() << " prompts are unknown to the model's tokenizer (" << unknown
            << " of all " << tokens << "); give prompts in its vocabulary\n";
}

void phiid(PhiidOptions options, const std::string& command_line) {
  if (options.published) {
    options.generate.ignore_eos = true;
    std::cerr << "warning: " << published_warning << '\n';
  }
  const CheckedModel model = check_run(options.run);
  const ModelConfig& config = model.config;
  if (options.generate.tokens < 1) {
    throw std::runtime_error("--generate: found " + std::to_string(options.generate.tokens) +
                             ", expected at least one token");
  }
  RunRequest request{.experiment = "phiid",
                     .plan = {},
                     .row_formula = "",
                     .row_space = "token",
                     .row_key = {"prompt", "position"},
                     .prompts_jsonl = "",
                     .options = {},
                     .details = {}};
  Plan& plan = request.plan;
  plan.captures.push_back(
      {.array = "head_norm",
       .hook = Hook::head_norm,
       .layers = parse_layers(options.run.layers, static_cast<int>(config.layers))});
  plan.generation = {.tokens = options.generate.tokens,
                     .end = {},
                     .rows = GeneratedRows::predicting,
                     .drawing = parse_drawing(options.generate, options.run.seed),
                     .greedy_penalty = options.generate.repetition_penalty};
  set_ends(options.run.model, config, options.generate.ignore_eos, plan.generation);
  std::vector<int> ends(config.eos.begin(), config.eos.end());  // with --ignore-eos as well
  if (config.latent) ends = {static_cast<int>(config.latent->eos_id)};
  plan.groups_per_shard = options.prompts_per_shard;
  TokenPrompts read =
      token_prompts(options.prompts, options.run.model, config,
                    {.generated = options.generate.tokens, .special = !options.no_special});
  warn_of_unknown(read);
  request.prompts_jsonl = std::move(read.lines);
  for (std::size_t p = 0; p < read.prompts.size(); ++p) {
    Run run = run_of(read.prompts[p]);
    run.key = {static_cast<std::int64_t>(p)};
    run.draw = {.prompt = p};
    plan.groups.push_back({.runs = {std::move(run)}});
  }
  request.options = {{"layers", options.run.layers},
                     {"generate", options.generate.tokens},
                     {"stop_at_eos", !options.generate.ignore_eos},
                     {"published", options.published},
                     {"primary", choice_name(primaries, options.primary)},
                     {"end_tokens", ends}};
  if (read.unknown) request.options["unknown_token"] = *read.unknown;
  request.options.update(described(options.generate));
  request.options["special_tokens"] = !options.no_special;
  request.options["seed"] = options.run.seed;
  run(options.run, model, std::move(request), command_line);
}

}  // namespace

Subcommand phiid_subcommand(CLI::App& program) {
  const auto options = std::make_shared<PhiidOptions>();
  Flags flags(program, "phiid",
              "Stores the norm of every attention head at each generated token.\n"
              "example: extract phiid --model datasets/models/words --prompts "
              "datasets/phiid/words.jsonl\n"
              "           --generate 100 --out run && analyze-phiid run --out report");
  add_run_options(flags, options->run);
  flags.add("--prompts", options->prompts, "prompt file (JSON lines or a JSON list)").required();
  flags.add("--generate", options->generate.tokens, "tokens to generate per prompt")
      .between(1, 1000000)
      .with_default();
  flags.add_switch("--ignore-eos", options->generate.ignore_eos,
                   "continue after the model's end-of-text token (default: a continuation ends "
                   "with it)");
  flags.add_switch("--published", options->published,
                   "the defaults of the published experiment, --ignore-eos: series include what "
                   "the model writes after the end of the text, mostly loops");
  flags.add_choice("--primary", options->primary, primaries,
                   "the one claim that the run is to decide; all else is exploratory: "
                   "balance_score is an inverted U (or a U) over depth; synergy and redundancy of "
                   "the heads correlate, given their autocorrelation and norm; heads have more "
                   "synergy (or redundancy) than their surrogates");
  flags.add("--prompts-per-shard", options->prompts_per_shard, "prompts per shard")
      .between(1, 1000000)
      .with_default();
  flags.add_switch("--no-special", options->no_special, "do not add special tokens such as BOS");
  add_draw_options(flags, options->generate);
  return {.app = &flags.command(), .run = &options->run, .go = [options](const std::string& line) {
            phiid(*options, line);
          }};
}

}  // namespace phiscope::extract
