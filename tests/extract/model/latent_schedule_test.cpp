// SPDX-License-Identifier: MIT
// Latent thoughts: what the schedules share, batch and refill against the naive executor's bits.
#include "naive_executor.hpp"
#include "scheduled_runs.hpp"

#include <phiscope/kl_divergence.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>

using namespace phiscope::test;

namespace {

constexpr int thoughts = 4;
const std::vector<int> question{1, 9, 23, 14, 30, 8, 41};

/// A run with thoughts, and a row for every position.
Run thinking(std::vector<int> tokens, std::vector<int> after, std::vector<Action> actions,
             std::int64_t number, int count = thoughts) {
  Run run{.tokens = std::move(tokens), .rows = {}, .key = {number}};
  run.actions = std::move(actions);
  run.latents.count = count;
  run.after = std::move(after);
  for (int p = 0; p < given_positions(run); ++p) {
    run.rows.push_back({.key = {number, p}, .spans = {{p, p + 1}}});
  }
  return run;
}

Action patch_latents(int layer, const std::vector<int>& steps, int to, int of) {
  std::vector<int> positions;
  std::vector<int> sources;
  for (const int step : steps) {
    positions.push_back(to + step);
    sources.push_back(of + step);
  }
  return patch(place(Hook::resid_post, layer, positions), 1, sources);
}

/// 0 the changed question, 1 the donor, then patches of every layer and step, of sets, with frozen
/// inputs, of the input itself, with other ends and fewer thoughts, and runs that come from others.
Group thinking_group(const Model& model) {
  std::vector<int> changed = question;
  changed[4] = 31;
  changed.push_back(7);
  const std::vector<int> after{3, 12, 19};
  Group group;
  group.runs.push_back(thinking(changed, after, {}, 0));
  group.runs.push_back(thinking(question, {3}, {}, 1));
  const int to = static_cast<int>(changed.size());
  const int of = static_cast<int>(question.size());
  const auto add = [&](const std::vector<Action>& actions, const std::vector<int>& end,
                       std::size_t from, bool frozen = false, int count = thoughts) {
    group.runs.push_back(thinking(changed, end, actions, std::ssize(group.runs), count));
    group.runs.back().from = from;
    group.runs.back().latents.frozen = frozen;
    return group.runs.size() - 1;
  };
  const int last = static_cast<int>(model.config.layers) - 1;
  for (int layer = -1; layer <= last; ++layer) {
    for (int step = 0; step < thoughts; ++step) {
      for (const bool frozen : {false, true}) {
        const std::vector<Action> actions{patch_latents(layer, {step}, to, of)};
        const std::size_t site = add(actions, {3}, 0, frozen);
        if (step != 1) continue;
        add(actions, after, site, frozen);  // the same thoughts, another end
        add(actions, {3, 15}, site, frozen);
      }
    }
    add({patch_latents(layer, {0, 1, 2, 3}, to, of)}, after, 0);
    add({patch_latents(layer, {1, 3}, to, of)}, after, 0);
  }
  add({zero(place(Hook::embed, 0, {to + 2}))}, after, 0);
  add({zero(place(Hook::z, last, {to + 1, to + 4}, 1))}, after, 0);
  add({zero(place(Hook::mlp_out, 0, {}))}, {3}, 0, true);
  add({Add{.site = place(Hook::resid_post, 0, {to + 1}),
           .from = {.run = 1, .positions = {of}},
           .scale = -0.5}},
      {3}, 0);
  add({}, after, 0, false, 2);
  add({}, {3}, 0, false, 0);
  add({}, after, no_run);
  add({patch(place(Hook::resid_post, 0, {to + thoughts + 1}), 1, {of})}, after, 0);
  add({patch(place(Hook::resid_post, 0, {2}), 1, {3})}, {3}, 0);
  return group;
}

std::int64_t positions(const Run& run) {
  return given_positions(run);
}

}  // namespace

TEST_CASE("thoughts shared, batched and refilled have the naive executor's bits",
          "[latent_schedule]") {
  const c10::InferenceMode no_gradients;
  at::set_num_threads(1);
  const std::string family = GENERATE("llama", "gpt2", "qwen3", "mistral");
  CAPTURE(family);
  const Model model = load_model(golden() / "models" / family / "model", at::kFloat, at::kCPU);
  const Group group = thinking_group(model);
  const NaiveExecutor naive(model, group);
  const std::vector<int> layers = all_layers(model, -1);
  std::vector<at::Tensor> wanted;
  std::vector<at::Tensor> scores;
  for (std::size_t r = 0; r < group.runs.size(); ++r) {
    std::vector<at::Tensor> by_layer;
    for (const int layer : layers) by_layer.push_back(naive.values(r, Hook::resid_post, layer));
    wanted.push_back(at::stack(by_layer, 1).to(at::kDouble));
    scores.push_back(naive.values(r, Hook::logits, 0).to(at::kDouble));
  }
  for (const std::size_t batch_size : {1U, 16U, 80U}) {
    for (const int threads : {1, 2}) {
      if (threads == 2 && batch_size != 16) continue;
      at::set_num_threads(threads);
      CAPTURE(batch_size, threads);
      const at::Tensor rows = executed(model, group, Hook::resid_post, layers, batch_size);
      const at::Tensor logits = executed(model, group, Hook::logits, {}, batch_size);
      std::int64_t from = 0;
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        CAPTURE(i);
        const std::int64_t count = positions(group.runs[i]);
        CHECK(rows.narrow(0, from, count).equal(wanted[i]));
        CHECK(logits.narrow(0, from, count).equal(scores[i]));
        from += count;
      }
      CHECK(from == rows.size(0));
    }
  }
  at::set_num_threads(1);
}

TEST_CASE("several groups in a batch have the bits of each alone", "[latent_schedule]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  Plan plan = capture_plan(Hook::logits, {});
  plan.groups = {thinking_group(model), thinking_group(model), many_runs(model)};
  for (Run& run : plan.groups[1].runs) run.tokens[2] = 50;
  plan.groups_per_shard = plan.groups.size();
  const at::Tensor together = written(model, plan, 16);
  std::int64_t from = 0;
  for (const Group& group : plan.groups) {
    const at::Tensor alone = executed(model, group, Hook::logits, {}, 5);
    CHECK(together.narrow(0, from, alone.size(0)).equal(alone));
    from += alone.size(0);
  }
  CHECK(from == together.size(0));
}

TEST_CASE("a thought is patched with its own value, or nothing of it zeroed: no bit changes",
          "[latent_schedule]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  Group group;
  group.runs.push_back(thinking(question, {3, 12}, {}, 0));
  const int to = static_cast<int>(question.size());
  for (int layer = 0; layer < static_cast<int>(model.config.layers); ++layer) {
    for (int step = 0; step < thoughts; ++step) {
      const Site site = place(Hook::resid_post, layer, {to + step});
      group.runs.push_back(
          thinking(question, {3, 12}, {patch(site, 0, {to + step})}, std::ssize(group.runs)));
    }
  }
  group.runs.push_back(
      thinking(question, {3, 12}, {zero(place(Hook::resid_post, 1, {1000}))}, 100));
  const at::Tensor logits = executed(model, group, Hook::logits, {}, 16);
  const std::int64_t count = positions(group.runs.front());
  for (std::int64_t r = 1; r < std::ssize(group.runs); ++r) {
    CAPTURE(r);
    CHECK(logits.narrow(0, r * count, count).equal(logits.narrow(0, 0, count)));
  }
}

TEST_CASE("what is generated after thoughts is what plain passes over the text give, and is quoted",
          "[latent_schedule]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  Group group;
  group.runs.push_back(thinking(question, {3}, {}, 0));
  group.runs.front().rows.clear();
  const int to = static_cast<int>(question.size());
  const int eot = to + thoughts;
  // It reads what the first one wrote; of seven tokens the first one has five.
  const auto reader = [&](const std::vector<Action>& actions, std::size_t from, std::int64_t key) {
    Run run = thinking(question, {3}, actions, key);
    run.from = from;
    run.generates = false;
    run.quote = {.run = 0, .tokens = 7};
    run.rows.clear();
    for (int i = 0; i <= 7; ++i) {
      run.rows.push_back({.key = {key, i}, .spans = {{eot + i, eot + i + 1}}});
    }
    return run;
  };
  group.runs.push_back(reader({}, 0, 1));
  group.runs.push_back(thinking(question, {3}, {zero(place(Hook::resid_post, 0, {to + 1}))}, 2));
  group.runs.back().rows.clear();
  group.runs.push_back(reader(group.runs[2].actions.size() == 1
                                  ? std::vector<Action>{*group.runs[2].actions.begin()}
                                  : std::vector<Action>{},
                              2, 3));
  Plan plan = capture_plan(Hook::logits, {});
  plan.generation = {.tokens = 5, .end = {}, .rows = GeneratedRows::none};
  const NaiveExecutor naive(model, group);
  for (const std::size_t batch_size : {1U, 3U, 8U}) {
    CAPTURE(batch_size);
    const CapturedRows done = run_group(model, plan, group, batch_size);
    for (const std::size_t r : {0U, 2U}) {
      std::vector<int> text;
      for (int step = 0; step < 5; ++step) {
        const at::Tensor scores = naive.values(r, Hook::logits, 0, text);
        text.push_back(at::argmax(scores[scores.size(0) - 1]).item<int>());
      }
      CHECK(done.generated[r] == text);
      CHECK(done.generated[r + 1].empty());
      REQUIRE(done.count[r + 1] == 6);
      const at::Tensor wanted = naive.values(r, Hook::logits, 0, done.generated[0]);
      CHECK(done.arrays[0].narrow(0, done.first[r + 1], 6).equal(wanted.narrow(0, eot, 6)));
    }
  }
}

TEST_CASE("a run that takes something of a later one is refused", "[latent_schedule]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  Group group{.runs = {thinking(question, {3}, {patch_latents(0, {0}, 7, 7)}, 0),
                       thinking(question, {3}, {}, 1)}};
  CHECK_THROWS_WITH(executed(model, group, Hook::logits, {}, 2),
                    Contains("run 0 takes its values from run 1, expected an earlier one"));
  group.runs[0] = thinking(question, {3}, {}, 0);
  group.runs[0].from = 1;
  CHECK_THROWS_WITH(executed(model, group, Hook::logits, {}, 2),
                    Contains("run 0 takes its beginning from run 1"));
  group.runs[0].from = 0;
  group.runs[0].against = 1;
  CHECK_THROWS_WITH(executed(model, group, Hook::logits, {}, 2),
                    Contains("run 0 takes its scores to compare with from run 1"));
}
