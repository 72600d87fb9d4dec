// SPDX-License-Identifier: MIT
#include "command/commands.hpp"
#include "command/version.hpp"
#include "run/stop.hpp"

#include <CLI/CLI.hpp>
#include <c10/util/Exception.h>

#include <exception>
#include <iostream>
#include <string>

namespace phiscope::extract {
namespace {

constexpr int bad_input = 1;
constexpr int bad_usage = 2;
constexpr int stopped_early = 75;

/// All subcommands with their options; what was chosen runs after parsing.
struct Program {
  CLI::App app{
      "Runs a language model once and streams what happens inside it to .npy shards.\n"
      "example: extract loo --model datasets/models/walk --out run\n"
      "         analyze-loo run --out report",
      "extract"};
  InfoOptions info;
  TokensOptions tokens;
  VerifyOptions verify;
  ActivationsOptions activations;
  PhiidOptions phiid;
  AblateOptions ablate;
  LooOptions loo;

  Program() {
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string(program_version) + " (" + git_revision + ")");
    add_inspection();
    add_activations();
    add_phiid();
    add_ablate();
    add_loo();
  }

 private:
  void add_inspection() {
    CLI::App* const one = app.add_subcommand(
        "info",
        "Reads and checks a model directory, or lists a .safetensors file, as JSON.\n"
        "example: extract info datasets/models/walk");
    one->add_option("path", info.path, "model directory or .safetensors file")->required();
    one->add_flag("--quick", info.quick, "headers only: no hashes, values not checked");

    CLI::App* const two = app.add_subcommand(
        "tokens",
        "Prints the token ids, byte offsets and decoded text of prompts, as JSON lines.\n"
        "example: extract tokens --model datasets/models/walk --prompts prompts.jsonl");
    two->add_option("--model", tokens.model, "model directory")->required();
    two->add_option("--prompts", tokens.prompts, "prompt file (JSON lines)")->required();
    two->add_flag("--no-special", tokens.no_special, "do not add special tokens such as BOS");

    CLI::App* const three = app.add_subcommand(
        "verify",
        "Re-hashes a run directory and checks shapes, row counts, NaN and infinity.\n"
        "example: extract verify run");
    three->add_option("run", verify.run, "run directory")->required();
  }

  void add_activations() {
    CLI::App* const command = app.add_subcommand(
        "activations",
        "Values at hooks for tokens of some prompts and of their continuations.\n"
        "example: extract activations --model datasets/models/walk --prompts prompts.jsonl\n"
        "           --capture hook_resid_post,logits --out run\n"
        "example: extract activations --model datasets/models/walk --prompts prompts.jsonl\n"
        "           --generate 20 --capture head_norm --positions gen --out run");
    add_run_options(*command, activations.run);
    command->add_option("--prompts", activations.prompts, "prompt file (JSON lines)")->required();
    command
        ->add_option("--capture", activations.capture,
                     "hooks, e.g. hook_resid_post,ln_final.hook_out,logits")
        ->delimiter(',');
    command
        ->add_option("--positions", activations.positions,
                     "rows to keep: all tokens, those generated included; last: the last token of "
                     "each prompt; gen: for each generated token the position that predicts it; "
                     "pooled: means over every --stride-th generated token")
        ->check(CLI::IsMember({"all", "last", "gen", "pooled"}))
        ->capture_default_str();
    command
        ->add_option("--interventions", activations.interventions,
                     "JSON list of what is done inside the runs, e.g. [{\"prompt\": \"*\", "
                     "\"action\": \"zero_head\", \"layer\": 0, \"head\": 2}]; actions: "
                     "zero_head, zero_positions, patch, mean, resample, force_token, force_prefix")
        ->check(CLI::ExistingFile);
    command->add_option("--stride", activations.stride, "with pooled: tokens from one to the next")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command
        ->add_option("--checkpoints", activations.checkpoints,
                     "with pooled: a row for the tokens up to each of these; default: the end")
        ->delimiter(',');
    command->add_option("--prompts-per-shard", activations.prompts_per_shard, "prompts in a shard")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command->add_flag("--no-special", activations.no_special,
                      "do not add special tokens such as BOS");
    add_generation(*command, activations.generate);
  }

  static void add_generation(CLI::App& command, GenerateOptions& options) {
    command
        .add_option("--generate", options.tokens,
                    "tokens to add to each prompt, at most; stored as generated_ids")
        ->check(CLI::Range(0, 1000000))
        ->capture_default_str();
    command.add_flag("--ignore-eos", options.ignore_eos,
                     "go on generating after the model's end-of-text tokens");
    add_draw_options(command, options);
    command
        .add_option("--samples", options.samples,
                    "continuations of each prompt, each with a seed of its own")
        ->check(CLI::Range(0, 1000000));
  }

  void add_phiid() {
    CLI::App* const command = app.add_subcommand(
        "phiid",
        "Norms of the attention heads at every token that prompts are continued by.\n"
        "example: extract phiid --model datasets/models/words --prompts "
        "datasets/phiid/prompts.jsonl\n"
        "           --generate 100 --out run && analyze-phiid run --out report");
    add_run_options(*command, phiid.run);
    command->add_option("--prompts", phiid.prompts, "prompt file (JSON lines)")->required();
    command->add_option("--generate", phiid.generate.tokens, "tokens to add to each prompt")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command->add_flag("--stop-at-eos", phiid.stop_at_eos,
                      "end a continuation with the model's end-of-text token, which is kept");
    command->add_option("--prompts-per-shard", phiid.prompts_per_shard, "prompts in a shard")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command->add_flag("--no-special", phiid.no_special, "do not add special tokens such as BOS");
    add_draw_options(*command, phiid.generate);
  }

  void add_ablate() {
    CLI::App* const command = app.add_subcommand(
        "ablate",
        "Divergence of the next token from the intact model's while attention heads are removed "
        "one after the other.\n"
        "example: extract ablate --model datasets/models/words --texts run --ranking\n"
        "           report/rankings.csv --orders balance,random:0-4 --out ablation");
    add_run_options(*command, ablate.run);
    command->add_option("--texts", ablate.texts, "run directory of extract phiid")
        ->required()
        ->check(CLI::ExistingDirectory);
    command
        ->add_option("--ranking", ablate.rankings,
                     "CSV files with head_idx (or layer and head_in_layer) and columns of scores")
        ->delimiter(',')
        ->check(CLI::ExistingFile);
    command->add_option("--score-column", ablate.score_columns, "further orders by their columns")
        ->delimiter(',');
    command
        ->add_option("--orders", ablate.orders,
                     "columns of the rankings (balance, rank-difference, tdmi, head-norm, "
                     "autocorrelation, ...), highest first, and random:FIRST-LAST")
        ->delimiter(',')
        ->capture_default_str();
    command->add_option("--step-size", ablate.step_size, "heads from one removal to the next")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command
        ->add_option("--removals-per-shard", ablate.removals_per_shard,
                     "removals in a shard: what is lost at most when a run is killed")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command->add_flag("--heads-alone", ablate.heads_alone,
                      "remove every head alone instead: the reference for any ranking");
    command->add_flag("--dump-logits", ablate.dump_logits,
                      "keep a row for every token, and its scores; for small runs");
    command->add_option("--limit", ablate.limit, "use the first texts alone; 0: all")
        ->check(CLI::Range(0, 1000000));
  }

  void add_loo() {
    CLI::App* const command = app.add_subcommand(
        "loo",
        "Word representations of in-context walks, whole and with each word left out.\n"
        "example: extract loo --model datasets/models/walk --out run");
    add_run_options(*command, loo.run);
    command->add_option("--context-lengths", loo.context_lengths, "words in a context")
        ->delimiter(',')
        ->check(CLI::Range(2, 1000000))
        ->capture_default_str();
    command->add_option("--n-trials", loo.n_trials, "walks for each length")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command->add_option("--conditions", loo.conditions, "semantic, unrelated or both")
        ->delimiter(',')
        ->check(CLI::IsMember({"semantic", "unrelated"}))
        ->capture_default_str();
    command->add_option("--walks", loo.walks, "walks to replay instead of own ones (JSON)")
        ->check(CLI::ExistingFile);
    command
        ->add_option("--graph", loo.graph, "words, clusters, groups, adjacency of your own (JSON)")
        ->check(CLI::ExistingFile)
        ->excludes("--walks");
    command
        ->add_option("--positions", loo.positions,
                     "positions to remove: default (all up to 20 words, else 10), all, spread:K")
        ->capture_default_str();
    command
        ->add_option("--sink", loo.sink,
                     "position 0: keep it, drop it from the representations, or put a neutral "
                     "token before it (prefix)")
        ->check(CLI::IsMember({"keep", "drop", "prefix"}))
        ->capture_default_str();
    command->add_option("--occurrence", loo.occurrence, "which occurrences of a word represent it")
        ->check(CLI::IsMember({"mean", "first", "last"}))
        ->capture_default_str();
    command
        ->add_option("--leading-space", loo.leading_space,
                     "feed the first word with a space before it as well")
        ->capture_default_str();
  }
};

int run_program(int argc, char** argv) {
  Program program;
  std::string command_line;
  for (int i = 0; i < argc; ++i) command_line += (i > 0 ? " " : "") + std::string(argv[i]);
  try {
    std::vector<std::string> arguments = with_config_file(program.app, argc, argv);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11's vector overload wants them
    program.app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return program.app.exit(error) == 0 ? 0 : bad_usage;
  }
  const CLI::App* const chosen = program.app.get_subcommands().front();
  const std::string name = chosen->get_name();
  if ((name == "loo" && program.loo.run.print_config) ||
      (name == "phiid" && program.phiid.run.print_config) ||
      (name == "ablate" && program.ablate.run.print_config) ||
      (name == "activations" && program.activations.run.print_config)) {
    std::cout << config_text(*chosen);
    return 0;
  }
  if (name == "info") info(program.info);
  if (name == "tokens") tokens(program.tokens);
  if (name == "verify") verify(program.verify);
  if (name == "activations") activations(program.activations, command_line);
  if (name == "phiid") phiid(program.phiid, command_line);
  if (name == "ablate") ablate(program.ablate, command_line);
  if (name == "loo") loo(program.loo, command_line);
  return 0;
}

}  // namespace
}  // namespace phiscope::extract

int main(int argc, char** argv) {
  try {
    return phiscope::extract::run_program(argc, argv);
  } catch (const phiscope::extract::Stopped& stopped) {
    std::cerr << "extract: " << stopped.what() << '\n';
    return phiscope::extract::stopped_early;
  } catch (const c10::Error& error) {  // LibTorch's texts have a trace behind the first line
    const std::string text = error.what_without_backtrace();
    std::cerr << "error: " << text.substr(0, text.find('\n')) << '\n';
    return phiscope::extract::bad_input;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return phiscope::extract::bad_input;
  }
}
