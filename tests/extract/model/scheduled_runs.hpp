// SPDX-License-Identifier: MIT
#pragma once

#include "ahead/estimate.hpp"
#include "model_fixture.hpp"
#include "run/execute.hpp"
#include "shard/run_writer.hpp"
#include "temp_dir.hpp"

namespace phiscope::test {

inline std::vector<int> tokens_from(int first, int count) {
  std::vector<int> tokens{1};
  for (int i = 1; i < count; ++i) tokens.push_back(4 + (first + 7 * i) % 60);
  return tokens;
}

/// A run with a row for every token and a key of its own.
inline Run whole_run(std::vector<int> tokens, std::vector<Action> actions, std::int64_t number) {
  Run run = token_run(std::move(tokens));
  for (Row& row : run.rows) row.key.insert(row.key.begin(), number);
  run.key = {number};
  run.actions = std::move(actions);
  return run;
}

inline Site place(Hook hook, int layer, std::vector<int> positions, int head = -1) {
  Site site;
  site.hook = hook;
  site.layer = layer;
  site.head = head;
  site.positions = std::move(positions);
  return site;
}

inline Action patch(Site site, std::size_t run, std::vector<int> positions) {
  Patch action;
  action.site = std::move(site);
  action.from.run = run;
  action.from.positions = std::move(positions);
  return action;
}

inline Action mean(Site site, std::vector<Source> from) {
  Mean action;
  action.site = std::move(site);
  action.from = std::move(from);
  return action;
}

inline Action zero(Site site) {
  Zero action;
  action.site = std::move(site);
  return action;
}

/// Actions of every kind at every hook of some layers, and other tokens: 0 is the base, 1 a donor.
inline Group many_runs(const Model& model) {
  const std::vector<int> tokens = tokens_from(3, 21);
  Group group;
  group.runs.push_back(whole_run(tokens, {}, 0));
  group.runs.push_back({.tokens = tokens_from(11, 24), .rows = {}, .donor = true});
  const auto add = [&](const std::vector<Action>& actions, const std::vector<int>& other) {
    group.runs.push_back(whole_run(other, actions, std::ssize(group.runs)));
  };
  const auto act = [&](const Action& action) { add({action}, tokens); };
  const int layers = static_cast<int>(model.config.layers);
  for (int layer = -1; layer < layers; ++layer) {
    for (const int position : {0, 9, 20}) {
      act(patch(place(Hook::resid_post, layer, {position}), 1, {position + 2}));
    }
  }
  const int last = layers - 1;
  for (const Hook hook : {Hook::resid_pre, Hook::resid_mid, Hook::attn_out, Hook::mlp_out}) {
    if (hook == Hook::resid_mid && model.config.parallel_residual) continue;
    act(patch(place(hook, last, {17, 5}), 1, {3, 4}));
    act(zero(place(hook, 1, {12})));
  }
  act(zero(place(Hook::embed, 0, {8})));
  act(zero(place(Hook::final_norm, 0, {8, 20})));
  act(zero(place(Hook::z, 1, {}, 1)));
  act(mean(place(Hook::z, last, {6, 7}, 1), {Source{1, {0, 1, 2}}, Source{0, {5}}}));
  act(mean(place(Hook::resid_post, 0, {4}), {Source{1, {9}}}));
  add({zero(place(Hook::resid_post, 0, {3})), zero(place(Hook::resid_post, last, {19}))}, tokens);
  std::vector<int> other = tokens;
  other[13] = 7;
  add({}, other);
  add({zero(place(Hook::resid_post, last, {2}))}, other);
  add({}, tokens_from(3, 30));
  add({}, tokens);
  group.runs.push_back(whole_run(tokens, {}, std::ssize(group.runs)));
  group.runs.back().from = no_run;
  return group;
}

inline ComputeDtype compute_dtype(const Model& model) {
  switch (model.dtype) {
    case at::kDouble:
      return ComputeDtype::float64;
    case at::kHalf:
      return ComputeDtype::float16;
    case at::kBFloat16:
      return ComputeDtype::bfloat16;
    default:
      return ComputeDtype::float32;
  }
}

/// What a plan with one capture writes: [row, ...].
inline at::Tensor written(const Model& model, const Plan& plan, std::size_t batch_size) {
  const phiscope::shard::RowSpace space{.name = "token", .key = {"run", "position"}};
  const phiscope::shard::RunPlan described{
      .experiment = "test",
      .shards = 1,
      .arrays = array_plans(plan, model.config, compute_dtype(model), space.name),
      .row_spaces = row_spaces(plan, space),
      .details = nlohmann::ordered_json::object()};
  const TempDir folder;
  phiscope::shard::RunWriter writer(folder.path() / "run", described, "{}\n", 0, 1);
  execute(plan, model, writer, space.name, batch_size);
  return read_tensor(folder.path() / "run" / "x" / "shard-00000.npy");
}

/// A hook of a group's runs, by the schedule.
inline at::Tensor executed(const Model& model, const Group& group, Hook hook,
                           const std::vector<int>& layers, std::size_t batch_size) {
  Plan plan = capture_plan(hook, layers);
  plan.groups = {group};
  return written(model, plan, batch_size);
}

/// A measure of a group's runs against its first.
inline at::Tensor measured(const Model& model, const Group& group, Measure measure) {
  Plan plan = capture_plan(Hook::logits, {});
  plan.captures.front().measure = measure;
  plan.groups = {group};
  return written(model, plan, 7);
}

inline const std::vector<std::string> families{
    "gemma2",  "gemma3_text", "gpt2",    "gpt_neox_parallel", "gpt_neox_sequential",
    "granite", "llama",       "mistral", "mixtral",           "olmo2",
    "olmo3",   "olmoe",       "phi3",    "phi4_mini",         "qwen2",
    "qwen3",   "qwen3_moe",   "smollm3"};

}  // namespace phiscope::test
