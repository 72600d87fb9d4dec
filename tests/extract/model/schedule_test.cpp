// SPDX-License-Identifier: MIT
// Schedules share what runs have in common; the naive executor shares nothing.
#include "naive_executor.hpp"
#include "reference.hpp"
#include "scheduled_runs.hpp"

#include <ATen/Parallel.h>

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
