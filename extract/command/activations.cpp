// SPDX-License-Identifier: MIT
#include "command/activations.hpp"

#include "command/donor_run.hpp"
#include "command/flags.hpp"
#include "command/hook_choice.hpp"
#include "command/interventions.hpp"
#include "command/options.hpp"
#include "command/prompt_runs.hpp"
#include "command/run.hpp"
#include "files/prompts.hpp"
#include "shard/text/json_file.hpp"

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>

namespace phiscope::extract {
namespace {

/// Rows to keep.
enum class Positions { all, last, generated, pooled };
constexpr Choices<Positions, 4> position_names{{{"all", Positions::all},
                                                {"last", Positions::last},
                                                {"gen", Positions::generated},
                                                {"pooled", Positions::pooled}}};

struct ActivationsOptions {
  RunOptions run;
  std::filesystem::path prompts;
  std::vector<std::string> capture;
  std::string heads = "all";
  Positions positions = Positions::all;
  GenerateOptions generate;
  std::string store;             ///< dtype of rows; empty: as computed
  int stride = 32;               ///< of pooled rows
  std::vector<int> checkpoints;  ///< of pooled rows; none: the end alone
  std::filesystem::path interventions;
  std::filesystem::path donors;  ///< run directory of `extract activations`
  std::size_t prompts_per_shard = 16;
  bool no_special = false;
  int latents = 0;
};

/// The checkpoints of pooled rows: --checkpoints, or the end.
std::vector<int> checkpoints_of(const ActivationsOptions& options) {
  return options.checkpoints.empty() ? std::vector{options.generate.tokens} : options.checkpoints;
}

/// What --positions, --generate and the options of drawing ask for.
Generation parse_generation(const ActivationsOptions& options, const ModelConfig& config) {
  const int tokens = options.generate.tokens;
  const bool pooled = options.positions == Positions::pooled;
  if ((options.positions == Positions::generated || pooled) && tokens == 0) {
    throw std::runtime_error("--positions " + choice_name(position_names, options.positions) +
                             ": nothing is generated, expected --generate N");
  }
  if (options.capture.empty() && tokens == 0) {
    throw std::runtime_error("--capture: found nothing, expected hooks, or --generate N");
  }
  Generation generation{.tokens = tokens, .end = {}, .rows = GeneratedRows::none};
  generation.drawing = parse_drawing(options.generate, options.run.seed);
  generation.greedy_penalty = options.generate.repetition_penalty;
  if (tokens == 0) return generation;
  if (options.positions == Positions::generated) generation.rows = GeneratedRows::predicting;
  if (options.positions == Positions::all) generation.rows = GeneratedRows::tokens;
  if (pooled) {
    generation.rows = GeneratedRows::pooled;
    generation.pooling.stride = options.stride;
    int before = options.stride - 1;
    for (const int checkpoint : checkpoints_of(options)) {
      generation.pooling.windows.push_back({.end = checkpoint, .key = checkpoint});
      if (checkpoint <= before || checkpoint > tokens) {
        throw std::runtime_error("--checkpoints: found " + std::to_string(checkpoint) +
                                 ", expected ascending numbers from --stride (" +
                                 std::to_string(options.stride) + ") to --generate (" +
                                 std::to_string(tokens) + ")");
      }
      before = checkpoint;
    }
  }
  set_ends(options.run.model, config, options.generate.ignore_eos, generation);
  return generation;
}

/// The dtype that --dtype-store asks for; nothing without it.
std::optional<ComputeDtype> parse_store(const ActivationsOptions& options) {
  if (options.store.empty()) return std::nullopt;
  const ComputeDtype dtype = choice_value(compute_dtypes, options.store);
  if (item_bytes(dtype) < item_bytes(options.run.dtype)) return dtype;
  throw std::runtime_error("--dtype-store: found " + options.store +
                           ", expected a format of fewer bytes than --dtype " +
                           choice_name(compute_dtypes, options.run.dtype));
}

/// The positions of a prompt whose rows are kept, for the run with this key.
std::vector<Row> prompt_rows(Positions positions, const std::vector<std::int64_t>& key,
                             int length) {
  std::vector<Row> rows;
  if (positions == Positions::generated || positions == Positions::pooled) return rows;
  for (int position = positions == Positions::all ? 0 : length - 1; position < length; ++position) {
    rows.push_back({.key = key, .spans = {{position, position + 1}}});
    rows.back().key.push_back(position);
  }
  return rows;
}

/// Runs of all prompts and samples: those of a prompt are one group.
void add_groups(const ActivationsOptions& options, const std::vector<TokenPrompt>& prompts,
                const std::vector<Group>& groups, Plan& plan) {
  const int samples = std::max(1, options.generate.samples);
  for (std::size_t p = 0; p < prompts.size(); ++p) {
    Group group = groups[p];
    const Run run = group.runs.back();
    const std::size_t first = group.runs.size() - 1;
    group.runs.pop_back();
    for (int sample = 0; sample < samples; ++sample) {
      Run one = run;
      if (sample > 0) one.from = first;
      one.key = {static_cast<std::int64_t>(p)};
      one.draw = {.prompt = p, .sample = static_cast<std::uint32_t>(sample)};
      if (options.generate.samples > 0) one.key.push_back(sample);
      one.rows = prompt_rows(options.positions, one.key, given_positions(one));
      group.runs.push_back(std::move(one));
    }
    plan.groups.push_back(std::move(group));
  }
  plan.groups_per_shard = options.prompts_per_shard;
}

/// What --interventions asks for. @param donors  becomes the digest of --donors
Interventions interventions_of(const ActivationsOptions& options, const CheckedModel& model,
                               const std::vector<TokenPrompt>& prompts, Plan& plan,
                               std::string& donors) {
  Interventions made;
  std::optional<DonorRun> stored;
  if (!options.donors.empty()) stored.emplace(options.donors, model.description);
  if (options.interventions.empty()) {
    for (const TokenPrompt& prompt : prompts) made.groups.push_back({.runs = {run_of(prompt)}});
  } else {
    made = read_interventions(options.interventions, prompts, model.config, options.generate.tokens,
                              options.run.seed, stored ? &*stored : nullptr, options.run.model);
  }
  if (!stored) return made;
  if (!stored->used()) {
    throw std::runtime_error(
        "--donors: found a run that no intervention uses, expected --interventions with a "
        "source {\"donor\": id}");
  }
  plan.donors = stored->tables();
  donors = stored->digest();
  return made;
}

/// hook_pattern grows with the square of the length: its size is said before it is made.
void warn_of_pattern(const Plan& plan, const ModelConfig& config) {
  const auto found = std::ranges::find(plan.captures, Hook::pattern, &Capture::hook);
  if (found == plan.captures.end()) return;
  const std::size_t heads =
      found->heads.empty() ? static_cast<std::size_t>(config.heads) : found->heads.size();
  std::cerr << "extract activations: warning: a row of hook_pattern is " << found->layers.size()
            << " layers x " << heads << " heads x " << plan.longest()
            << " tokens; --layers, --heads and --positions make it smaller\n";
}

void add_generation(Flags& flags, GenerateOptions& options) {
  flags
      .add("--generate", options.tokens,
           "generate at most this many tokens per prompt, stored as generated_ids")
      .between(0, 1000000)
      .with_default();
  flags.add_switch("--ignore-eos", options.ignore_eos, "keep generating past end-of-text tokens");
  add_draw_options(flags, options);
  flags
      .add("--samples", options.samples,
           "draw this many continuations per prompt, each with its own seed")
      .between(0, 1000000);
}

void activations(const ActivationsOptions& options, const std::string& command_line) {
  const std::optional<ComputeDtype> store = parse_store(options);
  const CheckedModel model = check_run(options.run);
  const ModelConfig& config = model.config;
  const bool pooled = options.positions == Positions::pooled;
  RunRequest request{.experiment = "activations",
                     .plan = {},
                     .row_formula = "",
                     .row_space = pooled ? "pooled" : "token",
                     .row_key = {"prompt"},
                     .prompts_jsonl = "",
                     .options = {},
                     .details = {}};
  if (options.generate.samples > 0) request.row_key.emplace_back("sample");
  request.row_key.emplace_back(pooled ? "checkpoint" : "position");
  Plan& plan = request.plan;
  plan.captures =
      parse_captures({.names = options.capture,
                      .layers = parse_layers(options.run.layers, static_cast<int>(config.layers)),
                      .heads = options.heads},
                     config);
  for (Capture& capture : plan.captures) capture.stored = store;
  plan.generation = parse_generation(options, config);
  if (pooled) {
    request.row_formula = "mean over the generated tokens " + std::to_string(options.stride) +
                          ", 2 * " + std::to_string(options.stride) +
                          ", ... (counted from one) up to the checkpoint or the end";
  }
  TokenPrompts read = token_prompts(options.prompts, options.run.model, config,
                                    {.generated = options.generate.tokens,
                                     .special = !options.no_special,
                                     .latents = options.latents});
  request.prompts_jsonl = std::move(read.lines);
  const std::vector<TokenPrompt>& prompts = read.prompts;
  std::string donors;
  const Interventions made = interventions_of(options, model, prompts, plan, donors);
  add_groups(options, prompts, made.groups, plan);
  warn_of_pattern(plan, config);
  request.options = {{"capture", options.capture},
                     {"layers", options.run.layers},
                     {"positions", choice_name(position_names, options.positions)},
                     {"generate", options.generate.tokens},
                     {"end_tokens", plan.generation.end}};
  if (options.heads != "all") request.options["heads"] = options.heads;
  if (store) request.options["dtype_store"] = options.store;
  if (config.latent) request.options["latents"] = prompts.front().latents;
  request.options.update(described(options.generate));
  request.options["special_tokens"] = !options.no_special;
  request.options["seed"] = options.run.seed;
  if (pooled) {
    request.options["stride"] = plan.generation.pooling.stride;
    request.options["checkpoints"] = checkpoints_of(options);
  }
  if (!options.interventions.empty()) {
    request.options["interventions"] = shard::read_json(options.interventions);
    request.options["actions"] = made.counts;
    if (!donors.empty()) request.options["donors"] = donors;
  }
  run(options.run, model, std::move(request), command_line);
}

}  // namespace

Subcommand activations_subcommand(CLI::App& program) {
  const auto options = std::make_shared<ActivationsOptions>();
  Flags flags(program, "activations",
              "Stores the values at hooks for the tokens of prompts and of their continuations.\n"
              "example: extract activations --model datasets/models/walk --prompts prompts.jsonl\n"
              "           --capture hook_resid_post,logits --out run\n"
              "example: extract activations --model datasets/models/walk --prompts prompts.jsonl\n"
              "           --generate 20 --capture head_norm --positions gen --out run");
  add_run_options(flags, options->run);
  flags.add("--prompts", options->prompts, "prompt file (JSON lines or a JSON list)").required();
  flags
      .add("--capture", options->capture,
           "hooks to store, e.g. hook_resid_post,ln_final.hook_out,logits; patterns like "
           "'hook_resid_*' and full paths like blocks.3.attn.hook_z choose several, or layers")
      .list();
  flags
      .add("--heads", options->heads,
           "of hook_q, hook_pattern, hook_z and head_norm keep these query heads: all, or a list "
           "like 0-3,7")
      .with_default();
  flags.add_choice("--positions", options->positions, position_names,
                   "rows to keep; all: every token, generated ones included; last: the last token "
                   "of each prompt; gen: the position that predicts each generated token; "
                   "pooled: means over every --stride-th generated token");
  flags
      .add("--dtype-store", options->store,
           "round rows to this format, of fewer bytes than --dtype; norms and means of tokens are "
           "not rounded")
      .one_of({"float32", "bfloat16", "float16"});
  flags
      .add("--interventions", options->interventions,
           "JSON list of interventions, e.g. [{\"prompt\": \"*\", "
           "\"action\": \"zero_head\", \"layer\": 0, \"head\": 2}]; actions: "
           "zero_head, zero_positions, patch, add, mean, resample, force_token, "
           "force_rank, force_prefix; "
           "in place of positions: latents, e.g. [0, 2]")
      .existing_file();
  flags
      .add("--donors", options->donors,
           "run directory of extract activations on the same model: a source {\"donor\": id, "
           "\"positions\": [...]} of an intervention is a prompt of it, at positions, hooks and "
           "layers that it stores")
      .existing_directory();
  flags.add("--stride", options->stride, "with pooled: average every N-th generated token")
      .between(1, 1000000)
      .with_default();
  flags
      .add("--checkpoints", options->checkpoints,
           "with pooled: keep a row of the mean up to each of these tokens; default: the end")
      .list();
  flags.add("--prompts-per-shard", options->prompts_per_shard, "prompts per shard")
      .between(1, 1000000)
      .with_default();
  flags.add_switch("--no-special", options->no_special, "do not add special tokens such as BOS");
  flags
      .add("--latents", options->latents,
           "thoughts of a model of latent thoughts; 0: as many as it was made for")
      .between(0, 1024);
  add_generation(flags, options->generate);
  return {.app = &flags.command(), .run = &options->run, .go = [options](const std::string& line) {
            activations(*options, line);
          }};
}

}  // namespace phiscope::extract
