// SPDX-License-Identifier: MIT
#include "loo/plan.hpp"
#include "model_fixture.hpp"
#include "reference.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <random>

using namespace phiscope::test;

namespace {

const Model& walk_model() {
  static const Model model =
      load_model(source_dir() / "datasets/models/walk", at::kFloat, at::kCPU);
  return model;
}

std::vector<int> random_tokens(std::size_t count, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::vector<int> tokens(count);
  for (int& token : tokens) {
    token = static_cast<int>(
        uniform_below(engine, static_cast<std::size_t>(walk_model().config.vocab)));
  }
  return tokens;
}

/// The slow oracle: every row from a run of its own, all tokens captured, means taken one by one.
at::Tensor naive_rows(const Run& run, const std::vector<int>& layers) {
  const at::Tensor tokens =
      capture_alone(walk_model(), Hook::resid_post, layers, token_run(run.tokens)).to(at::kDouble);
  std::vector<at::Tensor> rows;
  for (const Row& row : run.rows) {
    at::Tensor sum;
    for (const Span& span : row.spans) {
      const at::Tensor mean = tokens.narrow(0, span.begin, span.end - span.begin).mean(0, true);
      sum = sum.defined() ? sum + mean : mean;
    }
    rows.push_back(sum / static_cast<double>(row.spans.size()));
  }
  return at::cat(rows, 0);
}

/// A context in which some words are two tokens long.
Group small_group() {
  LooContext context{.condition = 0,
                     .n = 9,
                     .trial = 0,
                     .seed = 0,
                     .nodes = {3, 1, 3, 7, 8, 1, 1, 3, 11},
                     .adjacency = Adjacency(12, std::vector<int>(12, 0)),
                     .removed = {0, 1, 2, 3, 4, 5, 6, 7, 8}};
  LooTokens tokens;
  for (const int node : context.nodes) {
    const int begin = static_cast<int>(tokens.ids.size());
    tokens.ids.push_back(4 + node);
    if (node % 2 == 1) tokens.ids.push_back(20 + node);
    tokens.spans.push_back({begin, static_cast<int>(tokens.ids.size())});
  }
  return loo_group(context, tokens, Sink::keep, Occurrence::mean);
}

}  // namespace

TEST_CASE("runs that share a prefix give the rows they give alone", "[forward]") {
  const c10::InferenceMode no_gradients;
  const Group group = small_group();
  const std::vector<int> layers = all_layers(walk_model(), -1);
  const Plan plan = capture_plan(Hook::resid_post, layers);
  const std::size_t batch = GENERATE(1U, 4U, 9U);
  const CapturedRows rows = run_group(walk_model(), plan, group, batch);
  for (std::size_t r = 0; r < group.runs.size(); ++r) {
    CAPTURE(batch, r);
    CHECK(scaled_difference(rows.arrays[0].narrow(0, rows.first[r], rows.count[r]),
                            naive_rows(group.runs[r], layers)) <= (r == 0 ? 1e-6 : 1e-5));
  }
}

TEST_CASE("a run has the same bits in any batch", "[forward]") {
  const c10::InferenceMode no_gradients;
  std::vector<Run> runs;
  for (const std::size_t length : {1U, 2U, 3U, 7U, 8U, 33U, 64U, 5U}) {
    runs.push_back(token_run(random_tokens(length, static_cast<unsigned>(length))));
  }
  std::vector<at::Tensor> alone;
  for (const Run& run : runs) alone.push_back(capture_alone(walk_model(), Hook::logits, {}, run));
  for (const bool reversed : {false, true}) {
    std::vector<const Run*> together;
    for (const Run& run : runs) together.push_back(&run);
    if (reversed) std::ranges::reverse(together);
    const at::Tensor rows = capture_together(walk_model(), Hook::logits, {}, together);
    std::int64_t from = 0;
    for (const Run* run : together) {
      const auto count = static_cast<std::int64_t>(run->tokens.size());
      const at::Tensor& wanted = alone[static_cast<std::size_t>(run - runs.data())];
      CAPTURE(reversed, count);
      CHECK(rows.narrow(0, from, count).equal(wanted));
      from += count;
    }
  }
}

TEST_CASE("sharing a prefix, the batch and the threads change no bit", "[forward]") {
  const c10::InferenceMode no_gradients;
  const Plan plan = capture_plan(Hook::logits, {});
  const Run whole = token_run(random_tokens(90, 11));
  std::vector<Run> runs;
  for (const std::size_t at : {1U, 2U, 17U, 40U, 64U, 85U, 88U, 89U}) {
    std::vector<int> tokens = whole.tokens;
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(at));
    runs.push_back(token_run(tokens));
  }
  at::set_num_threads(1);
  std::vector<at::Tensor> alone;
  for (const Run& run : runs) alone.push_back(capture_alone(walk_model(), Hook::logits, {}, run));
  Group group{.runs = {whole}};
  group.runs.insert(group.runs.end(), runs.begin(), runs.end());
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    for (const std::size_t batch : {1U, 3U, 8U}) {
      const CapturedRows rows = run_group(walk_model(), plan, group, batch);
      for (std::size_t i = 0; i < runs.size(); ++i) {
        CAPTURE(threads, batch, i);
        CHECK(rows.arrays[0].narrow(0, rows.first[i + 1], 89).equal(alone[i]));
      }
    }
  }
}

TEST_CASE("sharing a prefix changes no bit where query heads share keys", "[forward]") {
  const c10::InferenceMode no_gradients;
  at::set_num_threads(1);
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  REQUIRE(model.config.heads == 2 * model.config.kv_heads);
  const Plan plan = capture_plan(Hook::logits, {});
  std::vector<int> tokens;
  for (int i = 0; i < 40; ++i) tokens.push_back(1 + i * 7 % 50);
  const Run whole = token_run(tokens);
  for (const std::ptrdiff_t at : {1, 5, 16, 23, 38}) {
    std::vector<int> others = tokens;
    others.erase(others.begin() + at);
    const Run run = token_run(others);
    CAPTURE(at);
    CHECK(run_group(model, plan, {.runs = {whole, run}}, 2)
              .arrays[0]
              .narrow(0, 40, 39)
              .equal(capture_alone(model, Hook::logits, {}, run)));
  }
}

TEST_CASE("capturing more changes no bit of the logits", "[forward]") {
  const c10::InferenceMode no_gradients;
  const Run run = token_run(random_tokens(40, 3));
  const at::Tensor plain = capture_alone(walk_model(), Hook::logits, {}, run);
  Plan plan;
  const std::vector<int> layers = all_layers(walk_model());
  for (const HookName& hook : hook_names) {
    plan.captures.push_back({.array = std::string(hook.name),
                             .hook = hook.hook,
                             .layers = hook.in_block ? layers : std::vector<int>{}});
  }
  const Run* const runs[] = {&run};
  const CapturedRows rows = run_alone(walk_model(), plan, runs);
  CHECK(rows.arrays.back().equal(plain));
  CHECK(rows.tokens == 40);
}

TEST_CASE("layers beyond the last captured one are not computed", "[forward]") {
  const c10::InferenceMode no_gradients;
  const Run run = token_run(random_tokens(12, 4));
  const at::Tensor all =
      capture_alone(walk_model(), Hook::resid_post, all_layers(walk_model()), run);
  const at::Tensor first = capture_alone(walk_model(), Hook::resid_post, {0}, run);
  CHECK(first.select(1, 0).equal(all.select(1, 0)));
}

TEST_CASE("a longer prompt does not change earlier tokens", "[forward]") {
  const c10::InferenceMode no_gradients;
  std::vector<int> tokens = random_tokens(30, 9);
  const at::Tensor whole = capture_alone(walk_model(), Hook::logits, {}, token_run(tokens));
  tokens.resize(11);
  const at::Tensor start = capture_alone(walk_model(), Hook::logits, {}, token_run(tokens));
  CHECK(scaled_difference(start, whole.narrow(0, 0, 11)) <= 1e-5);
}
