// SPDX-License-Identifier: MIT
// Runs that continue another one from some token on, windows of pooled rows, temperatures of runs.
#include "model_fixture.hpp"
#include "places.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/max.h>
#include <ATen/ops/zeros_like.h>

#include <tuple>

using namespace phiscope::test;

namespace {

const Model& branching_model() {
  static const Model model = [] {
    at::set_num_threads(1);
    return load_model(source_dir() / "datasets/models/walk", at::kFloat, at::kCPU);
  }();
  return model;
}

constexpr int most = 24;
constexpr int lookahead = 8;
const std::vector<int> branch_question{1, 10, 11, 12, 13};

/// (t, t + 8] after 8 and 16 tokens.
std::vector<PoolWindow> branch_windows() {
  std::vector<PoolWindow> windows;
  for (const int t : {8, 16}) {
    windows.push_back({.begin = t, .end = t + lookahead, .counted_from = t, .key = t});
  }
  return windows;
}

/// Every second token of the windows.
Plan branch_plan() {
  Plan plan = capture_plan(Hook::resid_post, all_layers(branching_model()));
  plan.generation = {.tokens = most, .end = {}, .rows = GeneratedRows::pooled};
  plan.generation.pooling = {.stride = 2, .windows = branch_windows(), .from_origin = true};
  return plan;
}

Run baseline_run() {
  Run run{.tokens = branch_question, .rows = {}, .key = {0, 0}};
  run.origin = static_cast<int>(branch_question.size());
  return run;
}

/// Continues run 0 after t tokens, the next of which is that of a rank.
Run branch_run(int t, int window, int rank) {
  Run run = baseline_run();
  run.key = {0, t};
  run.quote = {.run = 0, .tokens = t, .continues = true};
  run.actions = {Force{.step = 0, .token = 0, .rank = rank}};
  run.limit = lookahead;
  run.windows = {branch_windows()[static_cast<std::size_t>(window)]};
  return run;
}

/// Takes the same tokens one by one from the beginning, and then that of the rank.
Run forced_run(const std::vector<int>& tokens, int t, int window, int rank) {
  Run run = baseline_run();
  run.key = {0, t};
  std::vector<Action> actions;
  for (int step = 0; step < t; ++step) {
    actions.emplace_back(Force{.step = step, .token = tokens[static_cast<std::size_t>(step)]});
  }
  actions.emplace_back(Force{.step = t, .token = 0, .rank = rank});
  run.actions = std::move(actions);
  run.limit = t + lookahead;
  run.windows = {branch_windows()[static_cast<std::size_t>(window)]};
  return run;
}

at::Tensor rows_of(const CapturedRows& all, std::size_t run) {
  return all.arrays[0].narrow(0, all.first[run], all.count[run]);
}

}  // namespace

TEST_CASE("a branch with the best token is the run that it continues, bit for bit", "[branch]") {
  const c10::InferenceMode no_gradients;
  for (const std::size_t batch : {1, 3, 16}) {
    const Group group{.runs = {baseline_run(), branch_run(8, 0, 1), branch_run(16, 1, 1)}};
    const CapturedRows all = run_group(branching_model(), branch_plan(), group, batch);
    REQUIRE(all.generated[0].size() == most);
    REQUIRE(all.count == std::vector<std::int64_t>{2, 1, 1});
    for (const int branch : {1, 2}) {
      const auto t = all.generated[0].begin() + 8 * branch;
      CHECK(all.generated[static_cast<std::size_t>(branch)] == std::vector<int>(t, t + lookahead));
      CHECK(at::equal(rows_of(all, static_cast<std::size_t>(branch))[0],
                      rows_of(all, 0)[branch - 1]));
    }
  }
}

TEST_CASE("a branch is the same tokens run alone, bit for bit", "[branch]") {
  const c10::InferenceMode no_gradients;
  const Group group{.runs = {baseline_run(), branch_run(8, 0, 2), branch_run(16, 1, 3)}};
  const CapturedRows all = run_group(branching_model(), branch_plan(), group, 4);
  CHECK(all.generated[1].front() != all.generated[0][8]);
  for (const auto& [branch, t, rank] : {std::tuple{1, 8, 2}, std::tuple{2, 16, 3}}) {
    const Run forced = forced_run(all.generated[0], t, branch - 1, rank);
    const Run* const one[] = {&forced};
    const CapturedRows alone = run_alone(branching_model(), branch_plan(), one);
    const auto b = static_cast<std::size_t>(branch);
    CHECK(all.generated[b] ==
          std::vector<int>(alone.generated[0].begin() + t, alone.generated[0].end()));
    CHECK(all.log_probabilities[b] == std::vector<float>(alone.log_probabilities[0].begin() + t,
                                                         alone.log_probabilities[0].end()));
    REQUIRE(alone.count[0] == 1);
    CHECK(at::equal(rows_of(all, b), rows_of(alone, 0)));
  }
  // Eight tokens are computed for each branch, and the one before them.
  CHECK(all.tokens == branch_question.size() + most + 2 * (1 + lookahead));
}

TEST_CASE("a prefix in the prompt is the same tokens forced one by one", "[branch]") {
  const c10::InferenceMode no_gradients;
  const Plan plan = branch_plan();
  const std::vector<int> prefix{20, 5, 11, 9, 30, 2, 14, 8};
  Run forced = baseline_run();
  std::vector<Action> actions;
  for (std::size_t step = 0; step < prefix.size(); ++step) {
    actions.emplace_back(Force{.step = static_cast<int>(step), .token = prefix[step]});
  }
  forced.actions = std::move(actions);
  Run given = baseline_run();
  given.tokens.insert(given.tokens.end(), prefix.begin(), prefix.end());
  given.limit = most - static_cast<int>(prefix.size());
  const Run* const one[] = {&forced};
  const Run* const other[] = {&given};
  const CapturedRows by_steps = run_alone(branching_model(), plan, one);
  const CapturedRows in_prompt = run_alone(branching_model(), plan, other);
  const std::vector<int>& told = by_steps.generated[0];
  CHECK(std::vector<int>(told.begin(), told.begin() + 8) == prefix);
  CHECK(in_prompt.generated[0] == std::vector<int>(told.begin() + 8, told.end()));
  REQUIRE(rows_of(by_steps, 0).sizes() == rows_of(in_prompt, 0).sizes());
  const double scale = rows_of(by_steps, 0).abs().max().item<double>();
  const double apart = (rows_of(by_steps, 0) - rows_of(in_prompt, 0)).abs().max().item<double>();
  CHECK(scale > 1.0);
  CHECK(apart <= 1e-5 * scale);
}

TEST_CASE("a branch after the end is left out", "[branch]") {
  const c10::InferenceMode no_gradients;
  const Plan plan = branch_plan();
  Group group{.runs = {baseline_run(), branch_run(8, 0, 2), branch_run(16, 1, 2)}};
  const CapturedRows whole = run_group(branching_model(), plan, group, 4);
  for (const int length : {8, 9, 16, 17}) {
    group.runs[0].limit = length;
    const CapturedRows all = run_group(branching_model(), plan, group, 4);
    CAPTURE(length);
    REQUIRE(all.generated.size() == 3);
    CHECK(all.generated[1].size() == (length > 8 ? lookahead : 0));
    CHECK(all.generated[2].size() == (length > 16 ? lookahead : 0));
    CHECK(all.count[2] == (length > 16 ? 1 : 0));
    if (length > 8) CHECK(all.generated[1] == whole.generated[1]);
  }
}

TEST_CASE("windows pool the numbers that they name, also of what is given", "[branch]") {
  const c10::InferenceMode no_gradients;
  const std::vector<int> layers = all_layers(branching_model());
  Plan plan = capture_plan(Hook::resid_post, layers);
  plan.generation = {.tokens = 10, .end = {}, .rows = GeneratedRows::pooled};
  plan.generation.pooling = {.stride = 3, .windows = {}, .from_origin = true};
  const std::vector<PoolWindow> windows{{.begin = 0, .end = 100, .counted_from = 0, .key = 0},
                                        {.begin = 4, .end = 100, .counted_from = 0, .key = 1},
                                        {.begin = 4, .end = 9, .counted_from = 4, .key = 2},
                                        {.begin = 20, .end = 30, .counted_from = 0, .key = 3}};
  plan.generation.pooling.windows = windows;
  Run run{.tokens = {1, 10, 11, 12, 13, 14, 15}, .rows = {}, .key = {5}};
  run.origin = 3;  // four tokens of the solution are given
  const Run* const one[] = {&run};
  const CapturedRows done = run_alone(branching_model(), plan, one);
  REQUIRE(done.count[0] == 3);  // the last window has no token
  std::vector<int> text = run.tokens;
  text.insert(text.end(), done.generated[0].begin(), done.generated[0].end());
  const at::Tensor all =
      capture_alone(branching_model(), Hook::resid_post, layers, token_run(text));
  const std::vector<std::vector<int>> numbers{{3, 6, 9, 12}, {6, 9, 12}, {7}};
  for (std::size_t w = 0; w < numbers.size(); ++w) {
    at::Tensor sum = at::zeros_like(all[0], at::kDouble);
    for (const int number : numbers[w]) sum = sum + all[3 + number - 1];
    CAPTURE(w);
    CHECK(scaled_difference(done.arrays[0][static_cast<std::int64_t>(w)],
                            sum / static_cast<double>(numbers[w].size())) <= 1e-5);
  }
}

TEST_CASE("runs of one batch have temperatures of their own, and one draws nothing", "[branch]") {
  const c10::InferenceMode no_gradients;
  Plan plan;
  plan.generation = {.tokens = 12, .end = {}};
  plan.generation.drawing = Drawing{.options = {}, .seed = 3};
  const auto with = [](double temperature) {
    Run run{.tokens = branch_question, .rows = {}, .key = {0}};
    run.temperature = temperature;
    run.draw = {.prompt = 4, .sample = 1};
    return run;
  };
  const std::vector<Run> runs{with(0), with(0.5), with(1.7), with(-1)};
  std::vector<const Run*> all;
  for (const Run& run : runs) all.push_back(&run);
  const CapturedRows together = run_alone(branching_model(), plan, all);
  for (std::size_t r = 0; r < runs.size(); ++r) {
    Plan own;
    own.generation = plan.generation;
    own.generation.drawing.reset();
    if (r > 0) {
      own.generation.drawing = Drawing{.options = {}, .seed = 3};
      if (r < 3) own.generation.drawing->options.temperature = runs[r].temperature;
    }
    Run plain = runs[r];
    plain.temperature = -1;
    const Run* const one[] = {&plain};
    CAPTURE(r);
    CHECK(run_alone(branching_model(), own, one).generated[0] == together.generated[r]);
  }
  CHECK(together.generated[0] != together.generated[2]);
  CHECK(together.generated[1] != together.generated[2]);
}

TEST_CASE("a branch that is none is refused", "[branch]") {
  const c10::InferenceMode no_gradients;
  const auto refused = [](const Run& branch) {
    Group group{.runs = {baseline_run(), branch}};
    CHECK_THROWS_AS(run_group(branching_model(), branch_plan(), group, 2), std::invalid_argument);
  };
  Run rows = branch_run(8, 0, 2);
  rows.rows.push_back({.key = {0}, .spans = {{0, 1}}});
  refused(rows);
  Run other = branch_run(8, 0, 2);
  other.from = no_run;
  refused(other);
  Run longer = branch_run(8, 0, 2);
  longer.after = {3};
  refused(longer);
}
