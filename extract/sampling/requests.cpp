// SPDX-License-Identifier: MIT
#include "sampling/requests.hpp"

#include "shard/file/format_error.hpp"
#include "shard/file/sha256.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>
#include <stdexcept>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

ordered_json described(const SamplingSetting& setting, const std::vector<std::size_t>& which) {
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

std::string prompt_lines(const SamplingSetting& setting, const std::vector<std::size_t>& which) {
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

std::vector<std::size_t> all_problems(const SamplingSetting& setting) {
  std::vector<std::size_t> which(setting.problems.problems.size());
  for (std::size_t p = 0; p < which.size(); ++p) which[p] = p;
  return which;
}

/// The run of a step without its groups. @param key  names of a row's key
RunRequest request_of(const SamplingSetting& setting, SamplingStep step,
                      std::vector<std::string> key, const std::vector<std::size_t>& which) {
  const SamplingOptions& options = setting.options;
  const ModelConfig& config = setting.model.config;
  const std::string name = choice_name(sampling_steps, step);
  const std::vector<int> layers = step_layers(options, step, config);
  const int tokens = step_tokens(options, step);
  RunRequest request{.experiment = "sampling",
                     .plan = {},
                     .row_formula = "mean over tokens of the solution, see the plan's windows",
                     .row_space = "pooled",
                     .row_key = std::move(key),
                     .prompts_jsonl = prompt_lines(setting, which),
                     .options = {},
                     .details = {}};
  Plan& plan = request.plan;
  plan.generation.greedy_penalty = options.repetition_penalty;
  plan.captures.push_back({.array = "latent", .hook = Hook::resid_post, .layers = layers});
  plan.generation.tokens = tokens;
  plan.generation.rows = GeneratedRows::pooled;
  plan.generation.pooling.stride = options.stride;
  set_ends(options.run.model, config, /*ignore_eos=*/false, plan.generation);
  plan.groups_per_shard = options.problems_per_shard;
  request.options = {
      {"step", name},
      {"problems", shard::sha256_file(options.problems)},
      {"limit", options.limit},
      {"prompt_template",
       options.prompt_template.empty() ? "" : shard::sha256_file(options.prompt_template)},
      {"stride", options.stride},
      {"layers", layers},
      {"max_new_tokens", tokens},
      {"end_tokens", plan.generation.end},
      {"seed", options.run.seed}};
  request.details = {{"step", name},
                     {"problems", described(setting, which)},
                     {"dropped", ordered_json::array()},
                     {"layers", layers},
                     {"model_layers", config.layers},
                     {"target_layer", step_target(options, step, config)},
                     {"stride", options.stride},
                     {"max_new_tokens", tokens}};
  // The windows of a branch are counted from its point: there are no last tokens of it.
  if (options.pooling_window > 0 && step != SamplingStep::sensitivity) {
    request.row_formula = "one token of the solution, every stride-th; see the plan's window";
    request.options["pooling_window"] = options.pooling_window;
    request.details["pooling_window"] = options.pooling_window;
  }
  if (!options.prompts.empty()) request.options["prompts"] = shard::sha256_file(options.prompts);
  if (options.repetition_penalty != 1.0) {
    request.options["repetition_penalty"] = options.repetition_penalty;
  }
  if (!options.primary.empty()) request.options["primary"] = options.primary;
  if (!options.task_name.empty()) request.options["task_name"] = options.task_name;
  return request;
}

/// Variance and clustering: solutions that are drawn.
RunRequest sampled(const SamplingSetting& setting, SamplingStep step) {
  const SamplingOptions& options = setting.options;
  const SampleLayout layout = sample_layout(options, step);
  const std::vector<std::size_t> which = all_problems(setting);
  const bool by_token = options.pooling_window > 0;
  RunRequest request =
      request_of(setting, step,
                 {"problem", "temperature", "sample", by_token ? "token" : "checkpoint"}, which);
  Generation& generation = request.plan.generation;
  generation.pooling.windows = by_token ? token_windows(options.stride, layout.checkpoints.back())
                                        : checkpoint_windows(layout.checkpoints);
  generation.drawing = Drawing{.options = draw_options(options), .seed = options.run.seed};
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
  if (step == SamplingStep::clustering && options.clusters > 0) {
    request.details["clusters"] = options.clusters;
  }
  return request;
}

/// The solutions of a step that were generated elsewhere, and the problems that have some.
struct StepTexts {
  std::vector<const GivenText*> texts;
  std::vector<double> temperatures;  ///< ascending
  std::vector<std::size_t> which;
  ordered_json dropped = ordered_json::array();
  int longest = 0;
  int samples = 0;  ///< one more than the largest number
};

StepTexts step_texts(const SamplingSetting& setting, SamplingStep step) {
  StepTexts found;
  std::set<double> temperatures;
  std::set<std::size_t> which;
  for (const GivenText& text : setting.texts.texts) {
    if (step == SamplingStep::clustering &&
        text.temperature != setting.options.cluster_temperature) {
      continue;
    }
    found.texts.push_back(&text);
    temperatures.insert(text.temperature);
    which.insert(text.problem);
    found.longest = std::max(found.longest, static_cast<int>(text.ids.size()));
    found.samples = std::max(found.samples, text.sample + 1);
  }
  found.temperatures.assign(temperatures.begin(), temperatures.end());
  found.which.assign(which.begin(), which.end());
  for (const std::size_t p : all_problems(setting)) {
    if (which.contains(p)) continue;
    found.dropped.push_back(
        {{"problem_id", setting.problems.problems[p].id}, {"status", "no_text"}});
  }
  return found;
}

void say_dropped(const std::string& step, const ordered_json& dropped) {
  if (dropped.empty()) return;
  std::cerr << "warning: " << step << ": " << dropped.size()
            << " problems do not run (the first: " << dropped[0].at("problem_id") << ", "
            << dropped[0].at("status").get<std::string>() << ")\n";
}

/// Variance and clustering of solutions that were generated elsewhere: one pass over each.
RunRequest given(const SamplingSetting& setting, SamplingStep step) {
  const SamplingOptions& options = setting.options;
  const std::string name = choice_name(sampling_steps, step);
  const StepTexts found = step_texts(setting, step);
  if (found.texts.empty()) {
    throw std::runtime_error(shard::path_text(options.texts) + ": no text that the step " + name +
                             " can use, expected some" +
                             (step == SamplingStep::clustering ? " at --cluster-temperature" : ""));
  }
  SampleLayout layout = sample_layout(options, step);
  if (step == SamplingStep::clustering) layout.checkpoints = {std::max(found.longest, 1)};
  RunRequest request =
      request_of(setting, step, {"problem", "temperature", "sample", "checkpoint"}, found.which);
  request.row_formula = "mean over tokens of a given text, one pass over it";
  request.plan.generation = {};
  std::string lines;
  Group group;
  for (std::size_t i = 0; i < found.texts.size(); ++i) {
    const GivenText& text = *found.texts[i];
    const auto number = std::ranges::lower_bound(found.which, text.problem) - found.which.begin();
    const auto heat =
        std::ranges::lower_bound(found.temperatures, text.temperature) - found.temperatures.begin();
    Run run = text_run(setting.problems.prompts[text.problem], text.ids,
                       {.problem = number, .temperature = heat, .sample = text.sample}, layout,
                       options.pooling_window);
    lines +=
        ordered_json{{"key", run.key}, {"text", text.text}, {"tokens", text.ids.size()}}.dump();
    lines += "\n";
    if (!run.rows.empty()) group.runs.push_back(std::move(run));  // else there is no latent
    if (i + 1 < found.texts.size() && found.texts[i + 1]->problem == text.problem) continue;
    request.plan.groups.push_back(std::move(group));
    group = {};
  }
  request.files["texts.jsonl"] = lines;
  say_dropped(name, found.dropped);
  const ordered_json layouts{{"temperatures", found.temperatures},
                             {"samples", found.samples},
                             {"checkpoints", layout.checkpoints},
                             {"max_new_tokens", found.longest}};
  request.options.update(layouts);
  request.options["texts"] = shard::sha256_file(options.texts);
  request.details.update(layouts);
  request.details["texts"] = true;
  request.details["texts_left_out"] = setting.texts.left_out;
  request.details["dropped"] = found.dropped;
  return request;
}

/// Distances to a known solution, with and without its beginning given.
RunRequest manifold(const SamplingSetting& setting) {
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
      request_of(setting, SamplingStep::manifold,
                 {"problem", "path", options.pooling_window > 0 ? "token" : "window"}, which);
  request.plan.generation.pooling.from_origin = true;
  std::vector<int> prefixes;
  std::vector<std::size_t> tokens;
  for (std::size_t i = 0; i < solved.size(); ++i) {
    request.plan.groups.push_back(manifold_group(solved[i], static_cast<std::int64_t>(i),
                                                 {.stride = options.stride,
                                                  .tokens = options.max_new_tokens,
                                                  .by_token = options.pooling_window > 0}));
    prefixes.push_back(solved[i].prefix);
    tokens.push_back(solved[i].oracle.size());
  }
  say_dropped("manifold", dropped);
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
RunRequest sensitivity(const SamplingSetting& setting) {
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

}  // namespace

RunRequest sampling_request(const SamplingSetting& setting, SamplingStep step) {
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
  return setting.options.texts.empty() ? sampled(setting, step) : given(setting, step);
}

}  // namespace phiscope::extract
