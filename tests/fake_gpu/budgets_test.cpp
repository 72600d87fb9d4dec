// SPDX-License-Identifier: MIT
// What a pass asks of a GPU, at most: budgets.txt. A wait that someone puts into a loop, or an
// operation a layer more, fails here.
#include "counted.hpp"
#include "extract/model/model_fixture.hpp"
#include "extract/model/test_device.hpp"
#include "extract/run/torch_catch.hpp"
#include "process.hpp"
#include "temp_dir.hpp"

#include <fstream>
#include <iostream>
#include <sstream>
#include <vector>

using namespace phiscope::test;

namespace {

constexpr int few_layers = 4;
constexpr int many_layers = 28;

/// A line of budgets.txt.
struct Budget {
  std::string pass;
  std::size_t lanes = 0;
  long launches_of_layer = 0;
  long launches = 0;  ///< besides
  long waits = 0;
  long uploads = 0;
};

std::vector<Budget> budgets() {
  std::vector<Budget> all;
  std::ifstream file(source_dir() / "tests/fake_gpu/budgets.txt");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    Budget& one = all.emplace_back();
    words >> one.pass >> one.lanes >> one.launches_of_layer >> one.launches >> one.waits >>
        one.uploads;
    if (!words) throw std::runtime_error("budgets.txt: " + line);
  }
  return all;
}

/// The words model's tokenizer with an untrained model of some layers.
std::string model_of(const TempDir& scratch, int layers) {
  const std::filesystem::path folder = scratch.path() / ("shape-" + std::to_string(layers));
  const std::filesystem::path words = source_dir() / "datasets/models/words";
  std::filesystem::create_directories(folder);
  for (const char* const file : {"tokenizer.json", "tokenizer_config.json"}) {
    std::filesystem::copy_file(words / file, folder / file);
  }
  write_text(folder / "config.json", R"({"architectures": ["LlamaForCausalLM"],
  "model_type": "llama", "vocab_size": 317, "hidden_size": 64, "intermediate_size": 96,
  "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_act": "silu",
  "max_position_embeddings": 256, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
  "tie_word_embeddings": false, "torch_dtype": "bfloat16", "bos_token_id": 1, "eos_token_id": 2,
  "num_hidden_layers": )" + std::to_string(layers) +
                                         "}\n");
  const std::filesystem::path model = scratch.path() / ("model-" + std::to_string(layers));
  const Finished made = run_shell(
      program("extract") + " random-model '" + folder.string() + "' --out '" + model.string() + "'",
      scratch.path());
  if (made.status != 0) throw std::runtime_error(made.err);
  return model.string();
}

struct Asked {
  long launches = 0;
  long waits = 0;  ///< the writer's, for its copies, left out
  long uploads = 0;
};

Asked asked() {
  return {.launches = counted("launch"),
          .waits = counted("wait") - counted("wait:event"),
          .uploads = counted("upload")};
}

Asked asked_by(const Model& model, const Plan& plan, std::size_t batch) {
  const Asked before = asked();
  static_cast<void>(run_plan(model, plan, batch));
  const Asked after = asked();
  return {.launches = after.launches - before.launches,
          .waits = after.waits - before.waits,
          .uploads = after.uploads - before.uploads};
}

/// A plan with runs that have nothing in common.
Plan with_runs(Plan plan, std::size_t runs) {
  for (std::size_t run = 0; run < runs; ++run) {
    Run one = token_run({1, 5, 9, static_cast<int>(run) + 2});
    if (plan.generation.tokens > 0) one.rows.clear();
    plan.groups.push_back({.runs = {std::move(one)}});
  }
  return plan;
}

/// A plan with runs that take each head of every layer, at two positions, from one more.
Plan with_patched_runs(const Model& model, Plan plan, std::size_t runs) {
  Group group{.runs = {token_run({1, 5, 9, 2})}};
  for (std::size_t run = 0; run < runs; ++run) {
    std::vector<Action> actions;
    for (const int layer : all_layers(model)) {
      for (int head = 0; head < model.config.heads; ++head) {
        Patch action;
        action.site = {.hook = Hook::z, .layer = layer, .head = head, .positions = {1, 3}};
        action.from = {.run = 0, .positions = {2, 1}};
        actions.emplace_back(std::move(action));
      }
    }
    group.runs.push_back(token_run({1, 7, 11, static_cast<int>(run) + 2}));
    group.runs.back().actions = std::move(actions);
  }
  plan.groups = {std::move(group)};
  return plan;
}

/// What one more pass takes.
Asked pass_of(const Model& model, const Budget& budget) {
  const std::size_t lanes = budget.lanes;
  Asked less;
  Asked more;
  long passes = 1;
  if (budget.pass == "decode" || budget.pass == "draw") {
    constexpr int few_tokens = 2;
    constexpr int many_tokens = 4;
    passes = many_tokens - few_tokens;
    Plan plan = capture_plan(Hook::head_norm, all_layers(model));
    plan.generation = {.tokens = few_tokens, .end = {}, .rows = GeneratedRows::predicting};
    if (budget.pass == "draw") {
      plan.generation.drawing = Drawing{.options = {.top_p = 0.9}, .seed = 3};
    }
    less = asked_by(model, with_runs(plan, lanes), lanes);
    plan.generation.tokens = many_tokens;
    more = asked_by(model, with_runs(plan, lanes), lanes);
  } else if (budget.pass == "patch") {
    const Plan plan = capture_plan(Hook::resid_post, all_layers(model));
    less = asked_by(model, with_patched_runs(model, plan, lanes), lanes);
    more = asked_by(model, with_patched_runs(model, plan, 2 * lanes), lanes);
  } else {
    const Plan plan = capture_plan(Hook::resid_post, all_layers(model));
    less = asked_by(model, with_runs(plan, lanes), lanes);
    more = asked_by(model, with_runs(plan, 2 * lanes), lanes);
  }
  const auto of_one = [passes](long a, long b) { return (b - a + passes - 1) / passes; };
  return {.launches = of_one(less.launches, more.launches),
          .waits = of_one(less.waits, more.waits),
          .uploads = of_one(less.uploads, more.uploads)};
}

}  // namespace

TEST_CASE("a pass asks no more of a GPU than its budget", "[budgets]") {
  const c10::InferenceMode no_gradients;
  const at::Device device = test_device().value();
  const TempDir scratch;
  const auto loaded = [&](int layers) {
    return load_model(model_of(scratch, layers), at::kBFloat16, device);
  };
  const Model few = loaded(few_layers);
  const Model many = loaded(many_layers);
  REQUIRE_FALSE(budgets().empty());
  for (const Budget& budget : budgets()) {
    const Asked small = pass_of(few, budget);
    const Asked large = pass_of(many, budget);
    const long of_layer = (large.launches - small.launches) / (many_layers - few_layers);
    const long besides = small.launches - few_layers * of_layer;
    std::cout << budget.pass << ' ' << budget.lanes << ' ' << of_layer << ' ' << besides << ' '
              << large.waits << ' ' << large.uploads << "  (" << large.launches << " launches at "
              << many_layers << " layers)\n";
    CAPTURE(budget.pass, budget.lanes);
    CHECK(of_layer <= budget.launches_of_layer);
    CHECK(large.launches <= many_layers * budget.launches_of_layer + budget.launches);
    CHECK(besides <= budget.launches);
    CHECK(large.waits <= budget.waits);
    CHECK(large.uploads <= budget.uploads);
  }
  CHECK(take_violations() == 0);
}
