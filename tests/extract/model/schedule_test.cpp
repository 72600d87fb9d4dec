// SPDX-License-Identifier: MIT
// Schedules share what runs have in common; the naive executor shares nothing.
#include "naive_executor.hpp"
#include "reference.hpp"
#include "run/estimate.hpp"
#include "run/execute.hpp"
#include "shard/run_writer.hpp"
#include "temp_dir.hpp"

#include <ATen/Parallel.h>

using namespace phiscope::test;

namespace {

std::vector<int> tokens_from(int first, int count) {
  std::vector<int> tokens{1};
  for (int i = 1; i < count; ++i) tokens.push_back(4 + (first + 7 * i) % 60);
  return tokens;
}

/// A run with a row for every token and a key of its own.
Run whole_run(std::vector<int> tokens, std::vector<Action> actions, std::int64_t number) {
  Run run = token_run(std::move(tokens));
  for (Row& row : run.rows) row.key.insert(row.key.begin(), number);
  run.key = {number};
  run.actions = std::move(actions);
  return run;
}

Site place(Hook hook, int layer, std::vector<int> positions, int head = -1) {
  Site site;
  site.hook = hook;
  site.layer = layer;
  site.head = head;
  site.positions = std::move(positions);
  return site;
}

Action patch(Site site, std::size_t run, std::vector<int> positions) {
  Patch action;
  action.site = std::move(site);
  action.from.run = run;
  action.from.positions = std::move(positions);
  return action;
}

Action mean(Site site, std::vector<Source> from) {
  Mean action;
  action.site = std::move(site);
  action.from = std::move(from);
  return action;
}

Action zero(Site site) {
  Zero action;
  action.site = std::move(site);
  return action;
}

/// Actions of every kind at every hook of some layers, and other tokens: 0 is the base, 1 a donor.
Group many_runs(const Model& model) {
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
  group.runs.back().whole = true;
  return group;
}

/// What a plan of this group writes for one capture: [row, ...].
at::Tensor executed(const Model& model, const Group& group, Hook hook,
                    const std::vector<int>& layers, std::size_t batch_size) {
  Plan plan = capture_plan(hook, layers);
  plan.captures.front().array = "x";
  plan.groups = {group};
  const phiscope::shard::RowSpace space{.name = "token", .key = {"run", "position"}};
  const phiscope::shard::RunPlan described{
      .experiment = "test",
      .shards = 1,
      .arrays = array_plans(plan, model.config, model.dtype, space.name),
      .row_spaces = row_spaces(plan, space),
      .details = nlohmann::ordered_json::object()};
  const TempDir folder;
  phiscope::shard::RunWriter writer(folder.path() / "run", described, "{}\n", 0, 1);
  execute(plan, model, writer, space.name, batch_size);
  return read_tensor(folder.path() / "run" / "x" / "shard-00000.npy");
}

const std::vector<std::string> families{"gemma2",
                                        "gemma3_text",
                                        "gpt2",
                                        "gpt_neox_parallel",
                                        "gpt_neox_sequential",
                                        "llama",
                                        "mistral",
                                        "olmoe",
                                        "qwen2",
                                        "qwen3",
                                        "qwen3_moe"};

}  // namespace

TEST_CASE("shared prefixes and blocks give the naive executor's bits", "[schedule]") {
  const c10::InferenceMode no_gradients;
  at::set_num_threads(1);
  const std::string family = GENERATE(from_range(families));
  CAPTURE(family);
  const Model model = load_model(golden() / "models" / family / "model", at::kFloat, at::kCPU);
  const Group group = many_runs(model);
  const NaiveExecutor naive(model, group);
  const std::vector<int> layers = all_layers(model);
  std::vector<at::Tensor> wanted;
  std::vector<at::Tensor> scores;
  for (std::size_t r = 0; r < group.runs.size(); ++r) {
    if (group.runs[r].donor) continue;
    std::vector<at::Tensor> by_layer;
    for (const int layer : layers) by_layer.push_back(naive.values(r, Hook::resid_post, layer));
    wanted.push_back(at::stack(by_layer, 1).to(at::kDouble));
    scores.push_back(naive.values(r, Hook::logits, 0).to(at::kDouble));
  }
  for (const std::size_t batch_size : {1U, 7U, 64U}) {
    CAPTURE(batch_size);
    const at::Tensor rows = executed(model, group, Hook::resid_post, layers, batch_size);
    const at::Tensor logits = executed(model, group, Hook::logits, {}, batch_size);
    std::int64_t from = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CAPTURE(i);
      const std::int64_t count = wanted[i].size(0);
      CHECK(rows.narrow(0, from, count).equal(wanted[i]));
      CHECK(logits.narrow(0, from, count).equal(scores[i]));
      from += count;
    }
    CHECK(from == rows.size(0));
  }
}

TEST_CASE("a patch with the run's own values and a zero of nothing change no bit", "[schedule]") {
  const c10::InferenceMode no_gradients;
  const std::string family = GENERATE(from_range(families));
  CAPTURE(family);
  const Model model = load_model(golden() / "models" / family / "model", at::kFloat, at::kCPU);
  const std::vector<int> tokens = tokens_from(5, 18);
  Group group{.runs = {whole_run(tokens, {}, 0)}};
  for (const HookName& hook : hook_names) {
    if (hook.hook == Hook::head_norm || hook.hook == Hook::logits) continue;
    if (hook.hook == Hook::resid_mid && model.config.parallel_residual) continue;
    const Site site = place(hook.hook, hook.in_block ? 1 : 0, {0, 7, 17});
    group.runs.push_back(
        whole_run(tokens, {Patch{.site = site, .from = {.run = 0, .positions = site.positions}}},
                  std::ssize(group.runs)));
  }
  const at::Tensor logits = executed(model, group, Hook::logits, {}, 8);
  const at::Tensor plain = logits.narrow(0, 0, 18);
  for (std::int64_t r = 1; r < std::ssize(group.runs); ++r) {
    CAPTURE(r);
    CHECK(logits.narrow(0, r * 18, 18).equal(plain));
  }
  // A position that the run does not have.
  Run run = token_run(tokens);
  const at::Tensor alone = capture_alone(model, Hook::logits, {}, run);
  run.actions = {zero(place(Hook::attn_out, 1, {1000}))};
  CHECK(capture_alone(model, Hook::logits, {}, run).equal(alone));
}

TEST_CASE("a batch of 1, 2, 7 and 8 in any order has the same bits", "[schedule]") {
  const c10::InferenceMode no_gradients;
  const std::string family = GENERATE(from_range(families));
  CAPTURE(family);
  const Model model = load_model(golden() / "models" / family / "model", at::kFloat, at::kCPU);
  std::vector<Run> runs;
  for (int r = 0; r < 8; ++r) runs.push_back(token_run(tokens_from(r, 3 + 5 * r)));
  std::vector<at::Tensor> alone;
  for (const Run& run : runs) alone.push_back(capture_alone(model, Hook::logits, {}, run));
  for (const std::size_t size : {2U, 7U, 8U}) {
    for (const bool reversed : {false, true}) {
      std::vector<const Run*> together;
      for (std::size_t r = 0; r < size; ++r) together.push_back(&runs[r]);
      if (reversed) std::ranges::reverse(together);
      const at::Tensor rows = capture_together(model, Hook::logits, {}, together);
      std::int64_t from = 0;
      for (const Run* run : together) {
        const auto count = static_cast<std::int64_t>(run->tokens.size());
        CAPTURE(size, reversed, count);
        CHECK(
            rows.narrow(0, from, count).equal(alone[static_cast<std::size_t>(run - runs.data())]));
        from += count;
      }
    }
  }
}
