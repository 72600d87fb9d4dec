// SPDX-License-Identifier: MIT
#include "sampling/command.hpp"

#include "command/flags.hpp"
#include "command/generated_texts.hpp"
#include "command/run.hpp"
#include "sampling/attribution.hpp"
#include "sampling/inputs.hpp"
#include "sampling/options.hpp"
#include "sampling/points.hpp"
#include "shard/format_error.hpp"
#include "shard/sha256.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

/// What every step of an experiment begins with.
struct Setting {
  const SamplingOptions& options;
  const CheckedModel& model;
  SamplingProblems problems;
  std::vector<int> layers;
  int target_layer = 0;
};

ordered_json described(const Setting& setting, const std::vector<std::size_t>& which) {
  ordered_json list = ordered_json::array();
  for (const std::size_t p : which) {
    const Problem& problem = setting.problems.problems[p];
    list.push_back({{"problem_id", problem.id},
                    {"answer", problem.gold_text},
                    {"positions", setting.problems.prompts[p].size()},
                    {"meta", problem.meta}});
  }
  return list;
}

std::string prompt_lines(const Setting& setting, const std::vector<std::size_t>& which) {
  std::string lines;
  for (const std::size_t p : which) {
    const Problem& problem = setting.problems.problems[p];
    lines += ordered_json{{"id", problem.id},
                          {"text", problem.question},
                          {"input_ids", setting.problems.prompts[p]},
                          {"answer", problem.answer}}
                 .dump() +
             "\n";
  }
  return lines;
}

std::vector<std::size_t> all_problems(const Setting& setting) {
  std::vector<std::size_t> which(setting.problems.problems.size());
  for (std::size_t p = 0; p < which.size(); ++p) which[p] = p;
  return which;
}

/// The run of a step without its groups. @param key  names of a row's key
RunRequest request_of(const Setting& setting, SamplingStep step, std::vector<std::string> key,
                      const std::vector<std::size_t>& which) {
  const SamplingOptions& options = setting.options;
  const std::string name = choice_name(sampling_steps, step);
  RunRequest request{.experiment = "sampling",
                     .plan = {},
                     .row_formula = "mean over tokens of the solution, see the plan's windows",
                     .row_space = "pooled",
                     .row_key = std::move(key),
                     .prompts_jsonl = prompt_lines(setting, which),
                     .options = {},
                     .details = {}};
  Plan& plan = request.plan;
  plan.captures.push_back({.array = "latent", .hook = Hook::resid_post, .layers = setting.layers});
  plan.generation.tokens = options.max_new_tokens;
  plan.generation.rows = GeneratedRows::pooled;
  plan.generation.pooling.stride = options.stride;
  set_ends(options.run.model, setting.model.config, /*ignore_eos=*/false, plan.generation);
  plan.groups_per_shard = options.problems_per_shard;
  request.options = {
      {"step", name},
      {"problems", shard::sha256_file(options.problems)},
      {"limit", options.limit},
      {"prompt_template",
       options.prompt_template.empty() ? "" : shard::sha256_file(options.prompt_template)},
      {"stride", options.stride},
      {"layers", setting.layers},
      {"max_new_tokens", options.max_new_tokens},
      {"end_tokens", plan.generation.end},
      {"seed", options.run.seed}};
  request.details = {{"step", name},
                     {"problems", described(setting, which)},
                     {"dropped", ordered_json::array()},
                     {"layers", setting.layers},
                     {"model_layers", setting.model.config.layers},
                     {"target_layer", setting.target_layer},
                     {"stride", options.stride},
                     {"max_new_tokens", options.max_new_tokens}};
  return request;
}

/// Variance and clustering: solutions that are drawn.
RunRequest sampled(const Setting& setting, SamplingStep step) {
  const SamplingOptions& options = setting.options;
  const SampleLayout layout = sample_layout(options, step);
  const std::vector<std::size_t> which = all_problems(setting);
  RunRequest request =
      request_of(setting, step, {"problem", "temperature", "sample", "checkpoint"}, which);
  Generation& generation = request.plan.generation;
  generation.pooling.windows = checkpoint_windows(layout.checkpoints);
  const DrawOptions drawn{.temperature = 1.0,
                          .top_k = options.top_k,
                          .top_p = options.top_p,
                          .repetition_penalty = options.repetition_penalty};
  check_draw_options(drawn);
  generation.drawing = Drawing{.options = drawn, .seed = options.run.seed};
  for (const std::size_t p : which) {
    request.plan.groups.push_back(
        sample_group(setting.problems.prompts[p], static_cast<std::int64_t>(p), layout));
  }
  request.options.update({{"temperatures", layout.temperatures},
                          {"samples", layout.samples},
                          {"checkpoints", layout.checkpoints},
                          {"top_k", options.top_k},
                          {"top_p", options.top_p},
                          {"repetition_penalty", options.repetition_penalty}});
  request.details.update({{"temperatures", layout.temperatures},
                          {"samples", layout.samples},
                          {"checkpoints", layout.checkpoints}});
  return request;
}

/// Distances to a known solution, with and without its beginning given.
RunRequest manifold(const Setting& setting) {
  const SamplingOptions& options = setting.options;
  const auto oracle = read_oracle(options, setting.model.config);
  std::vector<std::size_t> which;
  ordered_json dropped = ordered_json::array();
  std::vector<SolvedProblem> solved;
  for (const std::size_t p : all_problems(setting)) {
    const std::string& id = setting.problems.problems[p].id;
    const auto found = oracle.find(id);
    const auto drop = [&](const char* status) {
      dropped.push_back({{"problem_id", id}, {"status", status}});
    };
    if (found == oracle.end()) {
      drop("no_oracle");
      continue;
    }
    const auto tokens = static_cast<int>(found->second.size());
    if (tokens < options.stride) {
      drop(tokens == 0 ? "empty_oracle" : "too_short");
      continue;
    }
    const std::int64_t longest = std::ssize(setting.problems.prompts[p]) + tokens;
    const auto prefix = static_cast<int>(std::floor(options.prefix_share * tokens));
    const std::int64_t forced =
        std::ssize(setting.problems.prompts[p]) + prefix + options.max_new_tokens;
    if (std::max(longest, forced) > setting.model.config.max_positions) {
      drop("too_long");
      continue;
    }
    which.push_back(p);
    solved.push_back(
        {.prompt = setting.problems.prompts[p], .oracle = found->second, .prefix = prefix});
  }
  if (solved.empty()) {
    throw std::runtime_error(
        shard::path_text(options.oracle) + ": a solution of none of " +
        std::to_string(setting.problems.problems.size()) + " problems that can be used" +
        (dropped.empty() ? std::string()
                         : " (the first: " + dropped[0].at("status").get<std::string>() + ")"));
  }
  RunRequest request =
      request_of(setting, SamplingStep::manifold, {"problem", "path", "window"}, which);
  request.plan.generation.pooling.from_origin = true;
  std::vector<int> prefixes;
  std::vector<std::size_t> tokens;
  for (std::size_t i = 0; i < solved.size(); ++i) {
    request.plan.groups.push_back(manifold_group(solved[i], static_cast<std::int64_t>(i),
                                                 options.stride, options.max_new_tokens));
    prefixes.push_back(solved[i].prefix);
    tokens.push_back(solved[i].oracle.size());
  }
  if (!dropped.empty()) {
    std::cerr << "warning: manifold: " << dropped.size()
              << " problems do not run (the first: " << dropped[0].at("problem_id") << ", "
              << dropped[0].at("status").get<std::string>() << ")\n";
  }
  request.options.update({{"oracle", shard::sha256_file(options.oracle)},
                          {"oracle_part", choice_name(oracle_parts, options.oracle_part)},
                          {"solution_prefix", options.solution_prefix},
                          {"prefix_share", options.prefix_share}});
  request.details["dropped"] = dropped;
  request.details.update({{"prefix", {{"share", options.prefix_share}, {"tokens", prefixes}}},
                          {"oracle_tokens", tokens}});
  return request;
}

/// Where the second-best token changes the path.
RunRequest sensitivity(const Setting& setting) {
  const BranchLayout layout = branch_layout(setting.options);
  const std::vector<std::size_t> which = all_problems(setting);
  RunRequest request =
      request_of(setting, SamplingStep::sensitivity, {"problem", "branch", "token"}, which);
  request.plan.generation.pooling.from_origin = true;
  request.plan.generation.pooling.stride = layout.stride;
  for (const std::size_t p : which) {
    request.plan.groups.push_back(
        branch_group(setting.problems.prompts[p], static_cast<std::int64_t>(p), layout));
  }
  const ordered_json branches{{"interval", layout.interval},
                              {"lookahead", layout.lookahead},
                              {"window_stride", layout.stride},
                              {"to_the_end", layout.to_end}};
  request.options.update(branches);
  request.details.update(branches);
  request.details["points"] = branch_points(layout);
  return request;
}

RunRequest request_of(const Setting& setting, SamplingStep step) {
  switch (step) {
    case SamplingStep::manifold:
      return manifold(setting);
    case SamplingStep::sensitivity:
      return sensitivity(setting);
    case SamplingStep::variance:
    case SamplingStep::attribution:
    case SamplingStep::clustering:
      break;
  }
  return sampled(setting, step);
}

/// Which layers make the difference between the two tokens of a point.
void attribute(const SamplingOptions& options, const RunOptions& own, const CheckedModel& model,
               const std::string& command_line) {
  const std::filesystem::path file = options.points.empty()
                                         ? options.run.out / "sensitivity/bifurcation_points.json"
                                         : options.points;
  if (!std::filesystem::exists(file)) {
    if (own.dry_run) return;  // what the step sensitivity is to write is not known yet
    throw std::runtime_error(shard::path_text(file) +
                             ": found no file, expected the points of a finished run (extract "
                             "sampling --steps sensitivity), or --points FILE");
  }
  const std::vector<BranchPoint> points = read_branch_points(file, options.top_points, model);
  run(own, model, attribution_request(points, options, model, file), command_line);
  if (!own.dry_run) write_directions(own.out, points, own, model.config);
}

void sampling(const SamplingOptions& options, const std::string& command_line) {
  const std::vector<SamplingStep> steps = asked_steps(options);
  const CheckedModel model = check_run(options.run);
  check_sampling(options, steps, model.config);
  const auto layers = static_cast<int>(model.config.layers);
  Setting setting{.options = options,
                  .model = model,
                  .problems = sampling_problems(options, model.config),
                  .layers = parse_layers(options.run.layers, layers)};
  setting.target_layer = options.target_layer >= 0 ? options.target_layer
                                                   : setting.layers[setting.layers.size() * 2 / 3];
  for (const SamplingStep step : steps) {
    RunOptions own = options.run;
    own.out = options.run.out / choice_name(sampling_steps, step);
    if (step == SamplingStep::attribution) {
      attribute(options, own, model, command_line);
      continue;
    }
    run(own, model, request_of(setting, step), command_line);
    if (own.dry_run) continue;
    write_generated_texts(own);
    if (step == SamplingStep::sensitivity) write_points(own.out);
  }
}

void add_flags(Flags& flags, SamplingOptions& options) {
  add_run_options(flags, options.run);
  flags
      .add("--problems", options.problems,
           "problems with answers: GSM8K, MATH, MATH-500 or GSM8K-Aug, as JSON lines or a JSON "
           "list")
      .required();
  flags
      .add("--steps", options.steps,
           "what to run, each into OUT/<step>: variance, manifold, sensitivity, attribution, "
           "clustering")
      .list()
      .with_default();
  flags.add("--limit", options.limit, "take only the first N problems; 0: all").between(0, 1000000);
  flags
      .add("--prompt-template", options.prompt_template,
           "file with {problem} where the question goes (default: the published one)")
      .existing_file();
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
      .add("--target-layer", options.target_layer,
           "layer that the report looks at first; -1: two thirds up")
      .with_default();
  flags.add("--max-new-tokens", options.max_new_tokens, "tokens of a solution, at most")
      .between(1, 1000000)
      .with_default();
  flags.add("--top-k", options.top_k, "draw only from the K most probable tokens; 0: all")
      .with_default();
  flags.add("--top-p", options.top_p, "draw only from the most probable tokens that add up to this")
      .with_default();
  flags
      .add("--repetition-penalty", options.repetition_penalty,
           "above 1: make tokens of the prompt and earlier draws less probable")
      .with_default();
  flags
      .add("--oracle", options.oracle,
           "known solutions for manifold: JSON lines of {id, solution}; {id, answer} of a problem "
           "file does as well")
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
  flags.add("--problems-per-shard", options.problems_per_shard, "problems per shard")
      .between(1, 1000000)
      .with_default();
}

}  // namespace

Subcommand sampling_subcommand(CLI::App& program) {
  const auto options = std::make_shared<SamplingOptions>();
  Flags flags(program, "sampling",
              "Draws many solutions of each problem and keeps how their latents vary, how far they "
              "are from a known solution, and where another token changes the path.\n"
              "example: extract sampling --model datasets/models/words\n"
              "           --problems datasets/words/problems.jsonl --steps variance --out run");
  add_flags(flags, *options);
  return {.app = &flags.command(), .run = &options->run, .go = [options](const std::string& line) {
            sampling(*options, line);
          }};
}

}  // namespace phiscope::extract
