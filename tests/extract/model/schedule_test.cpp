// SPDX-License-Identifier: MIT
// Schedules share what runs have in common; the naive executor shares nothing.
#include "naive_executor.hpp"
#include "plan/absent_hooks.hpp"
#include "reference.hpp"
#include "scheduled_runs.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>

using namespace phiscope::test;

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

TEST_CASE("what happens inside blocks has the naive executor's bits as well", "[schedule]") {
  const c10::InferenceMode no_gradients;
  at::set_num_threads(1);
  const std::string family = GENERATE(from_range(families));
  const Model model = load_model(golden() / "models" / family / "model", at::kFloat, at::kCPU);
  const Group group = many_runs(model);
  const NaiveExecutor naive(model, group);
  for (const Hook hook :
       {Hook::q, Hook::k, Hook::v, Hook::pattern, Hook::mlp_pre, Hook::mlp_post}) {
    if (!absent_reason(hook, model.config).empty()) continue;
    CAPTURE(family, std::string(hook_name(hook).name));
    const int layer = static_cast<int>(model.config.layers) - 1;
    const at::Tensor rows = executed(model, group, hook, {layer}, 7);
    std::int64_t from = 0;
    for (std::size_t r = 0; r < group.runs.size(); ++r) {
      if (group.runs[r].donor) continue;
      const at::Tensor wanted = naive.values(r, hook, layer).to(at::kDouble);
      CAPTURE(r);
      CHECK(rows.narrow(0, from, wanted.size(0)).select(1, 0).equal(wanted));
      from += wanted.size(0);
    }
    CHECK(from == rows.size(0));
  }
}

TEST_CASE("a change inside a block is what it is to what follows", "[schedule]") {
  const c10::InferenceMode no_gradients;
  const std::string family = GENERATE(from_range(families));
  CAPTURE(family);
  const Model model = load_model(golden() / "models" / family / "model", at::kFloat, at::kCPU);
  const ModelConfig& config = model.config;
  const auto scores_without = [&](Hook hook, int head) {
    Run run = token_run(tokens_from(5, 18));
    Site site = place(hook, 1, {});
    site.head = head;
    run.actions = {zero(site)};
    return capture_alone(model, Hook::logits, {}, run);
  };
  // Values of all tokens, and what is made of them.
  CHECK(scores_without(Hook::v, -1).equal(scores_without(Hook::z, -1)));
  if (config.kv_heads == config.heads) {
    CHECK(scores_without(Hook::v, 1).equal(scores_without(Hook::z, 1)));
  }
  // Queries or keys without values: every token that is seen has the same weight.
  for (const Hook hook : {Hook::q, Hook::k}) {
    Run run = token_run(tokens_from(5, 18));
    run.actions = {zero(place(hook, 1, {}))};
    const at::Tensor pattern = capture_alone(model, Hook::pattern, {1}, run).select(1, 0);
    const std::int64_t window = config.windows.empty() ? 0 : config.windows[1];
    for (const std::int64_t token : {0, 3, 17}) {
      const std::int64_t seen = window > 0 ? std::min(window, token + 1) : token + 1;
      const at::Tensor row = pattern[token];
      CHECK(row.narrow(1, token + 1 - seen, seen)
                .allclose(at::full({config.heads, seen}, 1.0 / static_cast<double>(seen),
                                   row.options())));
      CHECK(row.sum(1).allclose(at::ones({config.heads}, row.options())));
    }
  }
  if (!absent_reason(Hook::mlp_post, config).empty()) return;
  const at::Tensor plain = capture_alone(model, Hook::logits, {}, token_run(tokens_from(5, 18)));
  CHECK_FALSE(scores_without(Hook::mlp_pre, -1).equal(plain));
  // The activations of these families are 0 at 0.
  CHECK(scores_without(Hook::mlp_pre, -1).equal(scores_without(Hook::mlp_post, -1)));
}

TEST_CASE("a patch with the run's own values and a zero of nothing change no bit", "[schedule]") {
  const c10::InferenceMode no_gradients;
  const std::string family = GENERATE(from_range(families));
  CAPTURE(family);
  const Model model = load_model(golden() / "models" / family / "model", at::kFloat, at::kCPU);
  const std::vector<int> tokens = tokens_from(5, 18);
  Group group{.runs = {whole_run(tokens, {}, 0)}};
  for (const HookName& hook : hook_names) {
    if (!hook.editable || !absent_reason(hook.hook, model.config).empty()) continue;
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
