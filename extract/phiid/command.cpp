// SPDX-License-Identifier: MIT
#include "command/commands.hpp"
#include "command/run.hpp"

#include <stdexcept>

namespace phiscope::extract {

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

}  // namespace phiscope::extract
