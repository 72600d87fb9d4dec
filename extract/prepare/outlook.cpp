// SPDX-License-Identifier: MIT
#include "prepare/outlook.hpp"

#include "ahead/estimate.hpp"
#include "ahead/pass_lengths.hpp"
#include "ahead/row_bytes.hpp"
#include "ahead/shard_time.hpp"
#include "files/model/describe.hpp"
#include "files/model/tensors.hpp"
#include "plan/device_name.hpp"
#include "plan/sharing.hpp"
#include "prepare/memory.hpp"
#include "program/version.hpp"
#include "shard/file/sha256.hpp"
#include "shard/plan_check.hpp"
#include "watch/progress.hpp"

#include <iostream>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>

namespace phiscope::extract {
namespace {

using nlohmann::ordered_json;

shard::RunPlan run_plan(const RunOptions& options, const CheckedModel& model,
                        const RunRequest& request, const ordered_json& numerics) {
  const shard::RowSpace own{.name = request.row_space, .key = request.row_key};
  shard::RunPlan plan{
      .experiment = request.experiment,
      .shards = static_cast<std::int64_t>(request.plan.shards()),
      .arrays = array_plans(request.plan, model.config, options.dtype, request.row_space),
      .row_spaces = row_spaces(request.plan, own),
      .details = ordered_json::object()};
  if (!request.row_formula.empty()) {
    for (shard::ArrayPlan& array : plan.arrays) array.formula += "; " + request.row_formula;
  }
  for (const auto& [name, bytes] : request.files) {
    plan.files.emplace(name, shard::sha256(std::as_bytes(std::span(bytes))));
  }
  plan.details["version"] = program::program_version();
  plan.details["revision"] = program::git_revision();
  plan.details["options"] = request.options;
  plan.details["model"] = model.description;
  if (options.allow_long) plan.details["allow_long"] = true;
  plan.details["numerics"] = numerics;
  plan.details["prompts_per_shard"] = request.plan.groups_per_shard;
  if (!request.details.is_null()) plan.details.update(request.details);
  return plan;
}

/// What a process takes on the CPU before it has read a weight: libraries and their tables.
constexpr std::uint64_t process_bytes = 125'000'000;

/// Work, disk and memory of a plan, for people and for --dry-run.
ordered_json estimate(const Plan& plan, const ModelConfig& config, const shard::RunPlan& described,
                      const RunOptions& options, const Surroundings& around) {
  const TokenCount count = count_tokens(plan.groups, static_cast<int>(config.layers));
  const auto layers = static_cast<std::uint64_t>(config.layers);
  const std::uint64_t steps = count.continued * static_cast<std::uint64_t>(plan.generation.tokens);
  const std::uint64_t shared = count.token_layers_shared + steps * layers;
  const std::uint64_t alone = count.token_layers_alone + steps * layers;
  const std::uint64_t generated = plan.generation.rows == GeneratedRows::none ? 0 : steps;
  const std::size_t item = item_bytes(options.dtype);
  const std::uint64_t weights = count_parameters(config) * item;
  const std::size_t runs = runs_of_batch(plan, options.batch_size);
  const std::uint64_t batch = expected_batch_bytes(plan, config, described.arrays, item, runs);
  const std::uint64_t lane = lane_key_value_bytes(plan, config, item);
  const bool on_cpu = parse_device_name(options.device).is_cpu;
  const KeptRuns kept = kept_runs(plan, config, item, around.independent_rows);
  const std::uint64_t scores = expected_score_bytes(plan, config, item, runs, on_cpu, kept);
  const std::uint64_t fixed = weights + scores + kept.bytes;
  const std::optional<std::uint64_t> memory = run_memory(options, around.free_bytes);
  const Tokens tokens = tokens_ahead(plan, all_shards(plan));
  return {{"shards", plan.shards()},
          {"runs", count.runs},
          {"rows", count.rows + generated},
          {"tokens", {{"together", tokens.together}, {"single", tokens.single}}},
          {"token_layers", shared},
          {"token_layers_without_sharing", alone},
          {"saved_by_sharing",
           shared == 0 ? 1.0 : static_cast<double>(alone) / static_cast<double>(shared)},
          {"disk_bytes", expected_bytes(plan, described.arrays, all_shards(plan))},
          {"weight_bytes", weights},
          {"batch_runs", runs},
          {"batch_bytes", batch},
          {"score_bytes", scores},
          {"kept_bytes", kept.bytes},
          {"peak_bytes", fixed + batch + (on_cpu ? process_bytes : 0)},
          {"key_value_bytes", {{"lane", lane}, {"batch", lane * runs}}},
          {"memory_bytes", memory ? ordered_json(*memory) : ordered_json()},
          {"largest_batch",
           memory ? ordered_json(largest_batch(*memory, fixed, batch / runs)) : ordered_json()}};
}

/// What the speed of a run depends on most.
std::string speed_conditions(const RunOptions& options, const ordered_json& expected) {
  return std::filesystem::absolute(options.model).lexically_normal().string() + "\n" +
         expected.at("weight_bytes").dump() + "\n" + options.device + "\n" +
         std::to_string(options.threads) + "\n" + std::to_string(options.batch_size);
}

/// What is said of a run before it starts: on standard error, and in the log.
std::vector<std::string> warnings_of(const CheckedModel& model, const Plan& plan) {
  std::vector<std::string> warnings = model_warnings(model.description);
  std::size_t longer = 0;
  for (const Group& group : plan.groups) {
    for (const Run& run : group.runs) {
      longer += most_positions(run, plan.generation) > model.context ? 1U : 0U;
    }
  }
  if (longer > 0) {
    warnings.push_back("--allow-long: " + std::to_string(longer) + " runs may be longer than the " +
                       std::to_string(model.context) + " positions the model was trained for");
  }
  return warnings;
}

/// A line of what is expected, for people, and one where half a batch or more stays empty.
void say_expected(const RunRequest& request, const ordered_json& expected, std::size_t batch_size) {
  const std::string step =
      request.options.contains("step") ? " " + request.options["step"].get<std::string>() : "";
  std::cerr << "extract " << request.experiment << step << ": " << expected["runs"] << " runs in "
            << expected["shards"] << " shards, " << expected["rows"] << " rows, "
            << bytes_text(expected["disk_bytes"]) << " on disk, "
            << bytes_text(expected["weight_bytes"]) << " of weights and about "
            << bytes_text(expected["batch_bytes"]) << " for a batch, "
            << bytes_text(expected["peak_bytes"])
            << " in memory in all; sharing common prefixes and blocks: " << expected["token_layers"]
            << " token-layers instead of " << expected["token_layers_without_sharing"] << '\n';
  const auto runs = expected["batch_runs"].get<std::size_t>();
  if (2 * runs <= batch_size && expected["runs"].get<std::size_t>() > runs) {
    std::cerr << "note: --batch-size " << batch_size << ": a batch never crosses a shard, and no "
              << "shard has more than " << runs << " runs\n";
  }
}

}  // namespace

std::vector<std::int64_t> all_shards(const Plan& plan) {
  std::vector<std::int64_t> shards(plan.shards());
  std::iota(shards.begin(), shards.end(), 0);
  return shards;
}

std::filesystem::path existing_parent(std::filesystem::path path) {
  path = std::filesystem::absolute(path);
  while (!std::filesystem::exists(path)) path = path.parent_path();
  return path;
}

Outlook look_ahead(const RunOptions& options, const CheckedModel& model, RunRequest& request,
                   const ordered_json& numerics, const Surroundings& around) {
  request.plan.groups_per_shard =
      groups_in_time(request.plan, model.config, 60.0 * options.shard_minutes,
                     parse_device_name(options.device).is_cpu);
  check_pass_lengths(model.config, request.plan);
  Outlook outlook{.plan = run_plan(options, model, request, numerics),
                  .expected = {},
                  .warnings = warnings_of(model, request.plan),
                  .conditions = {}};
  if (const std::string problem = shard::plan_problem(outlook.plan); !problem.empty()) {
    throw std::runtime_error("the plan cannot be run: " + problem);
  }
  for (const std::string& warning : outlook.warnings) std::cerr << "warning: " << warning << '\n';
  outlook.expected = estimate(request.plan, model.config, outlook.plan, options, around);
  say_expected(request, outlook.expected, options.batch_size);
  outlook.conditions = speed_conditions(options, outlook.expected);
  return outlook;
}

}  // namespace phiscope::extract
