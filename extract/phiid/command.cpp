// SPDX-License-Identifier: MIT
#include "phiid/command.hpp"

#include "command/flags.hpp"
#include "command/options.hpp"
#include "command/prompt_runs.hpp"
#include "command/run.hpp"

#include <memory>
#include <stdexcept>

namespace phiscope::extract {
namespace {

struct PhiidOptions {
  RunOptions run;
  std::filesystem::path prompts;
  GenerateOptions generate{.tokens = 100};
  bool stop_at_eos = false;
  std::size_t prompts_per_shard = 8;
  bool no_special = false;
};

void phiid(const PhiidOptions& options, const std::string& command_line) {
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
                     .drawing = parse_drawing(options.generate, options.run.seed)};
  const std::vector<int> ends(config.eos.begin(), config.eos.end());
  if (options.stop_at_eos) plan.generation.end = ends;
  plan.groups_per_shard = options.prompts_per_shard;
  const std::vector<TokenPrompt> prompts =
      token_prompts(options.prompts, options.run.model, config, options.generate.tokens,
                    !options.no_special, request.prompts_jsonl);
  for (std::size_t p = 0; p < prompts.size(); ++p) {
    plan.groups.push_back(
        {.runs = {
             {.tokens = prompts[p].tokens, .rows = {}, .key = {static_cast<std::int64_t>(p)}}}});
  }
  request.options = {{"layers", options.run.layers},
                     {"generate", options.generate.tokens},
                     {"stop_at_eos", options.stop_at_eos},
                     {"end_tokens", ends}};
  request.options.update(described(options.generate));
  request.options["special_tokens"] = !options.no_special;
  request.options["seed"] = options.run.seed;
  run(options.run, model, request, command_line);
}

}  // namespace

Subcommand phiid_subcommand(CLI::App& program) {
  const auto options = std::make_shared<PhiidOptions>();
  Flags flags(program, "phiid",
              "Stores the norm of every attention head at each generated token.\n"
              "example: extract phiid --model datasets/models/words --prompts "
              "datasets/phiid/prompts.jsonl\n"
              "           --generate 100 --out run && analyze-phiid run --out report");
  add_run_options(flags, options->run);
  flags.add("--prompts", options->prompts, "prompt file (JSON lines)").required();
  flags.add("--generate", options->generate.tokens, "tokens to generate per prompt")
      .between(1, 1000000)
      .with_default();
  flags.add_switch("--stop-at-eos", options->stop_at_eos,
                   "end a continuation at the model's end-of-text token, which is included");
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
