// SPDX-License-Identifier: MIT
// Continuations of runs.
#include "model_fixture.hpp"
#include "reference.hpp"
#include "stored_arrays.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/argmax.h>

using namespace phiscope::test;

namespace {

const Model& walk_on_one_thread() {
  static const Model model = [] {
    at::set_num_threads(1);  // products this small only wait for a second thread
    return load_model(source_dir() / "datasets/models/walk", at::kFloat, at::kCPU);
  }();
  return model;
}

/// The slow oracle: the whole text anew for every token, no cache, one run at a time.
std::vector<int> naive_continuation(const Model& model, std::vector<int> tokens, int count,
                                    const std::vector<int>& end) {
  std::vector<int> added;
  while (static_cast<int>(added.size()) < count) {
    const at::Tensor scores = capture_alone(model, Hook::logits, {}, token_run(tokens));
    const int best = at::argmax(scores[scores.size(0) - 1]).item<int>();
    added.push_back(best);
    tokens.push_back(best);
    if (std::ranges::count(end, best) > 0) break;
  }
  return added;
}

std::vector<Run> some_runs(GeneratedRows rows) {
  std::vector<Run> runs;
  for (const std::vector<int>& tokens : {std::vector<int>{1, 10, 11, 12},
                                         {1},
                                         {1, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31},
                                         {1, 7, 8, 9, 7, 8, 9, 7, 8}}) {
    Run run = rows == GeneratedRows::tokens ? token_run(tokens) : Run{.tokens = tokens, .rows = {}};
    run.key = {static_cast<std::int64_t>(runs.size())};
    runs.push_back(std::move(run));
  }
  return runs;
}

std::vector<const Run*> pointers(const std::vector<Run>& runs) {
  std::vector<const Run*> all;
  for (const Run& run : runs) all.push_back(&run);
  return all;
}

Plan generation_plan(Hook hook, std::vector<int> layers, Generation generation) {
  Plan plan = capture_plan(hook, std::move(layers));
  plan.generation = std::move(generation);
  return plan;
}

}  // namespace

TEST_CASE("cached decoding of a batch finds the tokens that plain decoding finds", "[generate]") {
  const c10::InferenceMode no_gradients;
  const std::vector<Run> runs = some_runs(GeneratedRows::none);
  // A token that some runs meet and others do not ends those that meet it.
  const int end = naive_continuation(walk_on_one_thread(), runs[0].tokens, 5, {}).back();
  const std::vector<int> ends = GENERATE_COPY(std::vector<int>{}, std::vector<int>{end, 0});
  Plan plan;
  plan.generation = {.tokens = 24, .end = ends, .rows = GeneratedRows::none};
  const CapturedRows done = run_alone(walk_on_one_thread(), plan, pointers(runs));
  REQUIRE(done.generated.size() == runs.size());
  for (std::size_t r = 0; r < runs.size(); ++r) {
    CAPTURE(r, ends);
    CHECK(done.generated[r] == naive_continuation(walk_on_one_thread(), runs[r].tokens, 24, ends));
  }
  if (!ends.empty()) CHECK(done.generated[0].size() <= 5);
}

TEST_CASE("rows captured while generating are those of the whole text", "[generate]") {
  const c10::InferenceMode no_gradients;
  const std::vector<int> layers = all_layers(walk_on_one_thread(), -1);
  const Hook hook = GENERATE(Hook::resid_post, Hook::logits, Hook::head_norm);
  const std::vector<int> wanted = hook == Hook::logits      ? std::vector<int>{}
                                  : hook == Hook::head_norm ? all_layers(walk_on_one_thread())
                                                            : layers;
  const std::vector<Run> runs = some_runs(GeneratedRows::tokens);
  const std::vector<int> first = naive_continuation(walk_on_one_thread(), runs[3].tokens, 3, {});
  const Plan plan = generation_plan(
      hook, wanted, {.tokens = 9, .end = {first.back()}, .rows = GeneratedRows::tokens});
  const CapturedRows done = run_alone(walk_on_one_thread(), plan, pointers(runs));
  for (std::size_t r = 0; r < runs.size(); ++r) {
    std::vector<int> text = runs[r].tokens;
    text.insert(text.end(), done.generated[r].begin(), done.generated[r].end());
    REQUIRE(done.count[r] == std::ssize(text));
    const at::Tensor ours = done.arrays[0].narrow(0, done.first[r], done.count[r]);
    CAPTURE(r);
    const at::Tensor whole = capture_alone(walk_on_one_thread(), hook, wanted, token_run(text));
    CHECK(scaled_difference(ours, whole) <= 1e-5);
  }
}

TEST_CASE("a row of a step is the position that predicts its token", "[generate]") {
  const c10::InferenceMode no_gradients;
  const std::vector<Run> runs = some_runs(GeneratedRows::predicting);
  const Plan plan = generation_plan(Hook::logits, {},
                                    {.tokens = 6, .end = {}, .rows = GeneratedRows::predicting});
  const CapturedRows done = run_alone(walk_on_one_thread(), plan, pointers(runs));
  for (std::size_t r = 0; r < runs.size(); ++r) {
    REQUIRE(done.count[r] == 6);
    const at::Tensor best = at::argmax(done.arrays[0].narrow(0, done.first[r], 6), -1);
    for (int step = 0; step < 6; ++step) {
      CHECK(best[step].item<int>() == done.generated[r][static_cast<std::size_t>(step)]);
    }
  }
}

TEST_CASE("a continuation has the same bits alone, in a batch and with two threads", "[generate]") {
  const c10::InferenceMode no_gradients;
  const std::vector<Run> runs = some_runs(GeneratedRows::predicting);
  const Plan plan = generation_plan(Hook::resid_post, all_layers(walk_on_one_thread()),
                                    {.tokens = 12, .end = {}, .rows = GeneratedRows::predicting});
  at::set_num_threads(2);
  const CapturedRows together = run_alone(walk_on_one_thread(), plan, pointers(runs));
  at::set_num_threads(1);
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const Run* const one[] = {&runs[r]};
    const CapturedRows alone = run_alone(walk_on_one_thread(), plan, one);
    CHECK(alone.generated[0] == together.generated[r]);
    CHECK(alone.arrays[0].equal(together.arrays[0].narrow(0, together.first[r], 12)));
  }
}

TEST_CASE("greedy tokens of a trained model are Hugging Face's", "[generate][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const c10::InferenceMode no_gradients;
  const std::filesystem::path folder = *reference / "real_models" / "stories260K_hf";
  const Model model = load_model(folder, at::kFloat, at::kCPU);
  const StoredArrays stored(folder / "oracle");
  const Run run{.tokens = stored.ids("ids"), .rows = {}};
  const std::vector<int> wanted = stored.ids("greedy.tokens");
  REQUIRE(wanted.size() == 64);
  Plan plan;
  plan.generation = {.tokens = 64, .end = {}, .rows = GeneratedRows::none};
  const Run* const runs[] = {&run};
  CHECK(run_alone(model, plan, runs).generated[0] == wanted);
}

TEST_CASE("samples of a prompt compute it once and do not depend on each other", "[generate]") {
  const c10::InferenceMode no_gradients;
  Plan plan = generation_plan(Hook::resid_post, all_layers(walk_on_one_thread()),
                              {.tokens = 10, .end = {}, .rows = GeneratedRows::predicting});
  plan.generation.drawing = Drawing{.options = {.temperature = 1.3, .top_k = 20}, .seed = 5};
  std::vector<Run> runs;
  for (const std::uint32_t prompt : {0U, 1U}) {
    Group group;
    for (const std::uint32_t sample : {0U, 1U, 2U}) {
      group.runs.push_back({.tokens = {1, 10, 11, static_cast<int>(12 + prompt)},
                            .rows = {},
                            .key = {prompt, sample},
                            .draw = {.prompt = prompt, .sample = sample}});
      runs.push_back(group.runs.back());
    }
    plan.groups.push_back(std::move(group));
  }
  const CapturedRows together = run_plan(walk_on_one_thread(), plan, 6);
  // The last token of a prompt is computed anew for each sample: its scores begin the sample.
  CHECK(together.tokens == 2 * (4 + 2) + 6 * 9);
  CHECK(together.generated[0] != together.generated[1]);
  for (const std::size_t batch_size : {1U, 2U, 4U}) {
    const CapturedRows few = run_plan(walk_on_one_thread(), plan, batch_size);
    CHECK(few.generated == together.generated);
    CHECK(few.arrays[0].equal(together.arrays[0]));
  }
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const Run* const one[] = {&runs[r]};
    const CapturedRows alone = run_alone(walk_on_one_thread(), plan, one);
    CAPTURE(r);
    CHECK(alone.generated[0] == together.generated[r]);
    CHECK(alone.log_probabilities[0] == together.log_probabilities[r]);
    CHECK(alone.arrays[0].equal(together.arrays[0].narrow(0, together.first[r], 10)));
  }
}

TEST_CASE("runs that end make room: hardly a lane is ever empty", "[generate]") {
  const c10::InferenceMode no_gradients;
  const Model& model = walk_on_one_thread();
  constexpr std::size_t batch = 16;
  Plan plan = generation_plan(Hook::head_norm, {0},
                              {.tokens = 24, .end = {}, .rows = GeneratedRows::predicting});
  std::uint64_t longest = 0;
  for (int r = 0; r < 400; ++r) {
    Run run{.tokens = {1, 10 + r % 13}, .rows = {}, .key = {r}};
    run.limit = 1 + (r * 7) % 24;  // lengths from 1 to 24, mixed
    longest += static_cast<std::uint64_t>(run.limit);
    plan.groups.push_back({.runs = {run}});
  }
  Stepper stepper(model, plan, batch);
  stepper.begin(plan.groups);
  std::uint64_t passes = 0;
  std::uint64_t generated = 0;
  for (bool going = true; going;) {
    going = stepper.step();
    passes += going ? 1 : 0;
    for (const FinishedRun& run : stepper.take_finished()) generated += run.generated.size();
  }
  CHECK(generated == longest);
  CAPTURE(passes, generated);
  CHECK(passes * batch <= generated + generated / 10);
}

TEST_CASE("a score that is not finite is refused, where it would be the highest or never drawn",
          "[generate]") {
  const c10::InferenceMode no_gradients;
  at::set_num_threads(1);
  for (const double factor : {1e6, -1e6}) {
    Model model = load_model(source_dir() / "datasets/models/walk", at::kHalf, at::kCPU);
    const Run run{.tokens = {1, 10, 11, 12}, .rows = {}, .key = {4}};
    Plan plan = generation_plan(Hook::head_norm, {0}, {.tokens = 3, .end = {}});
    plan.groups.push_back({.runs = {run}});
    CHECK(run_plan(model, plan, 1).generated[0].size() == 3);
    at::Tensor& head = model.parts[Part::head];
    head = head.clone();
    const at::Tensor normed = capture_alone(model, Hook::final_norm, {}, token_run(run.tokens))[3];
    head[7].copy_((normed.to(at::kFloat).sign() * factor).clamp(-60000, 60000));
    for (const bool drawn : {false, true}) {
      if (drawn) plan.generation.drawing = Drawing{.options = {}, .seed = 3};
      CHECK_THROWS_WITH(run_plan(model, plan, 1),
                        "logits: not finite in float16 at prompt 4, position 3, expected finite "
                        "values: float16 ends at 65504, use --dtype bfloat16 or float32");
    }
  }
}

TEST_CASE("a token's log probability is that of the whole distribution", "[generate]") {
  const c10::InferenceMode no_gradients;
  const std::vector<Run> runs = some_runs(GeneratedRows::predicting);
  Plan plan = generation_plan(Hook::logits, {},
                              {.tokens = 5, .end = {}, .rows = GeneratedRows::predicting});
  if (GENERATE(true, false)) plan.generation.drawing = Drawing{.options = {.top_k = 3}, .seed = 1};
  const CapturedRows done = run_alone(walk_on_one_thread(), plan, pointers(runs));
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const at::Tensor scores = done.arrays[0].narrow(0, done.first[r], 5).to(at::kDouble);
    for (std::int64_t step = 0; step < 5; ++step) {
      const auto s = static_cast<std::size_t>(step);
      double sum = 0.0;
      for (std::int64_t id = 0; id < scores.size(1); ++id) {
        sum += std::exp(scores[step][id].item<double>());
      }
      const double wanted = scores[step][done.generated[r][s]].item<double>() - std::log(sum);
      CHECK(done.log_probabilities[r][s] == Approx(wanted).epsilon(1e-5));
    }
  }
}

TEST_CASE("forced tokens take their step whatever the scores", "[generate]") {
  const c10::InferenceMode no_gradients;
  Run forced{.tokens = {1, 10, 11}, .rows = {}, .key = {0}};
  forced.actions = {Force{.step = 0, .token = 30}, Force{.step = 2, .token = 40}};
  Plan plan;
  plan.generation = {.tokens = 6, .end = {}, .rows = GeneratedRows::none};
  const Run* const one[] = {&forced};
  const std::vector<int> tokens = run_alone(walk_on_one_thread(), plan, one).generated[0];
  CHECK(tokens[0] == 30);
  CHECK(tokens[1] == naive_continuation(walk_on_one_thread(), {1, 10, 11, 30}, 1, {})[0]);
  CHECK(tokens[2] == 40);
  CHECK(tokens[3] ==
        naive_continuation(walk_on_one_thread(), {1, 10, 11, 30, tokens[1], 40}, 1, {})[0]);
}

TEST_CASE("a forced rank takes the token of that rank in the scores", "[generate]") {
  const c10::InferenceMode no_gradients;
  Plan plan = generation_plan(Hook::logits, {},
                              {.tokens = 4, .end = {}, .rows = GeneratedRows::predicting});
  Run run{.tokens = {1, 10, 11}, .rows = {}, .key = {0}};
  run.actions = {Force{.step = 1, .token = 0, .rank = 3}};
  const Run* const one[] = {&run};
  const CapturedRows done = run_alone(walk_on_one_thread(), plan, one);
  const at::Tensor scores = done.arrays[0].to(at::kDouble);
  for (std::int64_t step = 0; step < 4; ++step) {
    const int id = done.generated[0][static_cast<std::size_t>(step)];
    const auto better = (scores[step] > scores[step][id]).sum().item<std::int64_t>();
    CHECK(better == (step == 1 ? 2 : 0));
  }
}

TEST_CASE("pooled rows are means over every stride-th generated token", "[generate]") {
  const c10::InferenceMode no_gradients;
  const std::vector<int> layers = all_layers(walk_on_one_thread());
  std::vector<Run> runs = some_runs(GeneratedRows::pooled);
  const int end = naive_continuation(walk_on_one_thread(), runs[1].tokens, 2, {}).back();
  Plan plan = generation_plan(Hook::resid_post, layers,
                              {.tokens = 11, .end = {end}, .rows = GeneratedRows::pooled});
  plan.generation.pooling.stride = 3;
  for (const int last : {4, 6, 11})
    plan.generation.pooling.windows.push_back({.end = last, .key = last});
  const CapturedRows done = run_alone(walk_on_one_thread(), plan, pointers(runs));
  CHECK(done.generated[1].size() == 2);
  CHECK(done.count[1] == 0);  // no third token: no row
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (done.count[r] == 0) continue;
    REQUIRE(done.count[r] == 3);
    std::vector<int> text = runs[r].tokens;
    text.insert(text.end(), done.generated[r].begin(), done.generated[r].end());
    const at::Tensor all =
        capture_alone(walk_on_one_thread(), Hook::resid_post, layers, token_run(text));
    for (std::int64_t slot = 0; slot < 3; ++slot) {
      const int limit = plan.generation.pooling.windows[static_cast<std::size_t>(slot)].end;
      at::Tensor sum;
      int n = 0;
      for (int nth = 3; nth <= std::min<int>(limit, static_cast<int>(done.generated[r].size()));
           nth += 3) {
        const at::Tensor row = all[std::ssize(runs[r].tokens) + nth - 1].to(at::kDouble);
        sum = n++ == 0 ? row : sum + row;
      }
      CAPTURE(r, slot, n);
      CHECK(scaled_difference(done.arrays[0][done.first[r] + slot], sum / n) <= 1e-5);
    }
  }
}

TEST_CASE("a plan with rows of both kinds is refused", "[generate]") {
  const std::vector<Run> runs{token_run({1, 2})};
  const Plan both = generation_plan(Hook::logits, {},
                                    {.tokens = 2, .end = {}, .rows = GeneratedRows::predicting});
  CHECK_THROWS_AS(run_alone(walk_on_one_thread(), both, pointers(runs)), std::invalid_argument);
}
