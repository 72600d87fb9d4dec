// SPDX-License-Identifier: MIT
#include "sampling/flags.hpp"

#include "command/flags.hpp"
#include "sampling/options.hpp"

namespace phiscope::extract {
namespace {

void add_flags(Flags& flags, SamplingOptions& options) {
  add_run_options(flags, options.run);
  flags
      .add_switch("--smoke", options.smoke,
                  "run every step in seconds, on an untrained model and three problems that it "
                  "writes into OUT/smoke")
      .excludes("--model")
      .excludes("--dry-run")
      .excludes("--config");
  flags
      .add("--problems", options.problems,
           "problems with answers: GSM8K, MATH, MATH-500 or GSM8K-Aug, as JSON lines or a JSON "
           "list")
      .required()
      .excludes("--smoke");
  flags.require_unless("--smoke", {"--model", "--problems"});
  flags
      .add("--steps", options.steps,
           "what to run, each into OUT/<step>: variance, manifold, sensitivity, attribution, "
           "clustering; or their numbers in the published experiment, 2 to 7")
      .list()
      .with_default();
  flags.add("--limit", options.limit, "take only the first N problems; 0: all").between(0, 1000000);
  flags
      .add("--prompt-template", options.prompt_template,
           "file with {problem} where the question goes (default: the published one)")
      .existing_file();
  flags
      .add("--prompts", options.prompts,
           "prompt file with an entry of every problem's id, such as tools/prompts.py makes with a "
           "chat template; instead of --prompt-template")
      .existing_file()
      .excludes("--prompt-template");
  flags
      .add("--temperatures", options.temperatures,
           "of variance; 0: one greedy solution, of which there is no variance")
      .list()
      .with_default();
  flags.add("--samples", options.samples, "solutions of each problem and temperature")
      .between(1, 65535)
      .with_default();
  flags
      .add("--checkpoints", options.checkpoints,
           "numbers of generated tokens up to which latents are averaged")
      .list()
      .with_default();
  flags.add("--stride", options.stride, "average every N-th token of a solution")
      .between(1, 1000000)
      .with_default();
  flags
      .add("--pooling-window", options.pooling_window,
           "average the last N of these; 0: all. Rows are single tokens then")
      .between(0, 1000000)
      .with_default();
  flags
      .add("--target-layer", options.target_layer,
           "layer that the report looks at first; -1: two thirds up")
      .with_default();
  flags.add("--max-new-tokens", options.max_new_tokens, "tokens of a solution, at most")
      .between(1, 1000000)
      .with_default();
  flags
      .add("--variance-max-new-tokens", options.variance_max_new_tokens,
           "the same of variance; 0: --max-new-tokens")
      .between(0, 1000000)
      .with_default();
  flags.add("--variance-layers", options.variance_layers,
            "layers to capture in variance, like 0-3,7 (default: --layers)");
  flags.add("--top-k", options.top_k, "draw only from the K most probable tokens; 0: all")
      .with_default();
  flags.add("--top-p", options.top_p, "draw only from the most probable tokens that add up to this")
      .with_default();
  flags
      .add("--repetition-penalty", options.repetition_penalty,
           "above 1: make tokens of the prompt and earlier draws less probable")
      .with_default();
  flags
      .add("--texts", options.texts,
           "take solutions that were generated elsewhere, JSON lines of {problem, temperature, "
           "sample, continuation_ids or text}, and generate none")
      .existing_file();
  flags
      .add("--oracle", options.oracle,
           "known solutions for manifold: JSON lines of {id, solution} (default: those of the "
           "problem "
           "file)")
      .existing_file();
  flags.add_choice(
      "--oracle-part", options.oracle_part, oracle_parts,
      "what of a known solution counts: without its <think> block, that block, or all");
  flags.add("--solution-prefix", options.solution_prefix,
            "text between a prompt and its known solution, as the model writes it");
  flags
      .add("--prefix-share", options.prefix_share,
           "share of a known solution's tokens that is given to the forced path")
      .with_default();
  flags.add("--interval", options.interval, "sensitivity: branch after every N tokens")
      .between(1, 1000000)
      .with_default();
  flags.add("--lookahead", options.lookahead, "sensitivity: tokens of a branch that are compared")
      .between(1, 1000000)
      .with_default();
  flags
      .add("--window-stride", options.window_stride,
           "sensitivity: average every N-th token of a branch")
      .between(1, 1000000)
      .with_default();
  flags.add_switch("--to-the-end", options.to_end,
                   "sensitivity: continue every branch to its end, for its answer");
  flags
      .add("--points", options.points,
           "attribution: bifurcation_points.json of another run (default: that of sensitivity)")
      .existing_file();
  flags.add("--top-points", options.top_points, "attribution: points with the largest distances")
      .between(1, 1000000)
      .with_default();
  flags.add("--cluster-temperature", options.cluster_temperature, "of clustering").with_default();
  flags
      .add("--cluster-max-new-tokens", options.cluster_max_new_tokens,
           "clustering: tokens of a solution, at most; 0: --max-new-tokens")
      .between(0, 1000000)
      .with_default();
  flags
      .add("--cluster-layer", options.cluster_layer,
           "clustering: layer whose latents are clustered; -1: --target-layer")
      .with_default();
  flags
      .add("--clusters", options.clusters,
           "clustering: number of clusters that analyze-sampling makes; 0: it chooses")
      .between(0, 1000)
      .with_default();
  flags
      .add("--primary", options.primary,
           "the claim that the run is to decide: variance grows with temperature, a prefix of the "
           "known solution keeps the model near it (drift), or latents tell the answer early")
      .one_of({"temperature", "drift", "commitment"});
  flags.add("--task-name", options.task_name, "name of the problems, for plan.json");
  flags.add("--problems-per-shard", options.problems_per_shard, "problems per shard")
      .between(1, 1000000)
      .with_default();
}

}  // namespace

void add_sampling_flags(Flags& flags, SamplingOptions& options) {
  add_flags(flags, options);
}

}  // namespace phiscope::extract
