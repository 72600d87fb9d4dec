// SPDX-License-Identifier: MIT
// Actions against arrays of Hugging Face: our own golden models and the reference models.
#include "meta.hpp"
#include "model_fixture.hpp"
#include "reference.hpp"
#include "stored_arrays.hpp"

#include <ATen/TensorIndexing.h>

#include <nlohmann/json.hpp>

using namespace phiscope::test;

namespace {

using std::filesystem::path;

struct Oracle {
  path folder;          ///< with model/ and the arrays
  std::string prompt;   ///< "len33" or "long"
  StoredArrays stored;  ///< the arrays
};

/// Every golden model, and those of the reference data that were intervened on.
std::vector<Oracle> oracles() {
  std::vector<Oracle> all;
  for (const auto& entry : std::filesystem::directory_iterator(golden() / "models")) {
    if (entry.is_directory()) all.push_back({entry.path(), "long", StoredArrays(entry.path())});
  }
  if (const auto reference = phiscope::test::reference()) {
    for (const auto& entry : std::filesystem::directory_iterator(*reference / "models")) {
      StoredArrays stored(entry.path());
      if (stored.has("patch.last_logits")) {
        all.push_back({entry.path(), "len33", std::move(stored)});
      }
    }
  }
  return all;
}

/// Scores of the last position of a run with these actions, whose sources are run 1.
at::Tensor last_scores(const Model& model, const Oracle& oracle, const std::vector<Action>& actions,
                       bool every_position = false) {
  Group group;
  if (oracle.stored.has("source.ids")) {
    const Run source{.tokens = oracle.stored.ids("source.ids"), .rows = {}, .donor = true};
    group.runs = {source, source};
  }
  group.runs.push_back(token_run(oracle.stored.ids(oracle.prompt + ".ids")));
  group.runs.back().actions = actions;
  group.runs.back().from = no_run;
  const at::Tensor scores = run_group(model, capture_plan(Hook::logits, {}), group, 2).arrays[0];
  return every_position ? scores : scores[scores.size(0) - 1];
}

}  // namespace

TEST_CASE("heads, one, several and all without their values, are Hugging Face's",
          "[interventions]") {
  const c10::InferenceMode no_gradients;
  REQUIRE(oracles().size() >= 11);
  for (const Oracle& oracle : oracles()) {
    CAPTURE(oracle.folder.string());
    const Model model = load_model(oracle.folder / "model", at::kFloat, at::kCPU);
    const auto without = [](int layer, int head) -> Action {
      return Zero{{.hook = Hook::z, .layer = layer, .head = head}};
    };
    const ModelConfig& config = model.config;
    const StoredArrays& stored = oracle.stored;
    const at::Tensor wanted =
        stored.floats("ablate_head.last_logits", {config.layers, config.heads, config.vocab});
    std::vector<Action> all;
    for (int layer = 0; layer < static_cast<int>(config.layers); ++layer) {
      for (int head = 0; head < static_cast<int>(config.heads); ++head) {
        all.push_back(without(layer, head));
        CAPTURE(layer, head);
        CHECK(scaled_difference(last_scores(model, oracle, {all.back()}), wanted[layer][head]) <=
              1e-4);
      }
    }
    if (!stored.has("ablate_heads_all.logits")) continue;
    CHECK(scaled_difference(last_scores(model, oracle, all, true),
                            stored.floats("ablate_heads_all.logits")) <= 1e-4);
    std::vector<Action> several;
    const nlohmann::json multi = meta(oracle.folder).at("ablate_multi");
    for (const auto& pair : multi) {
      several.push_back(without(pair[0].get<int>(), pair[1].get<int>()));
    }
    CHECK(scaled_difference(last_scores(model, oracle, several, true),
                            stored.floats("ablate_heads_multi.logits")) <= 1e-4);
    CHECK(scaled_difference(
              last_scores(model, oracle, {without(1, static_cast<int>(config.heads) - 1)}, true),
              stored.floats("ablate_head.full_logits")) <= 1e-4);
  }
}

TEST_CASE("residuals patched and zeroed at every index are Hugging Face's", "[interventions]") {
  const c10::InferenceMode no_gradients;
  for (const Oracle& oracle : oracles()) {
    CAPTURE(oracle.folder.string());
    const Model model = load_model(oracle.folder / "model", at::kFloat, at::kCPU);
    const auto patch_positions = meta(oracle.folder).at("patch_positions").get<std::vector<int>>();
    const auto zero_positions = meta(oracle.folder).at("zero_positions").get<std::vector<int>>();
    const std::int64_t residuals = model.config.layers + 1;
    const std::int64_t vocab = model.config.vocab;
    const at::Tensor patched =
        oracle.stored.floats("patch.last_logits", {residuals, std::ssize(patch_positions), vocab});
    const at::Tensor zeroed =
        oracle.stored.floats("zero_positions.last_logits", {residuals, vocab});
    for (int k = 0; k < static_cast<int>(residuals); ++k) {
      CAPTURE(k);
      const Site zero{.layer = k - 1, .positions = zero_positions};
      CHECK(scaled_difference(last_scores(model, oracle, {Zero{zero}}), zeroed[k]) <= 1e-4);
      for (std::size_t p = 0; p < patch_positions.size(); ++p) {
        const std::vector<int> at{patch_positions[p]};
        CAPTURE(at);
        const Patch patch{.site = {.layer = k - 1, .positions = at},
                          .from = {.run = 1, .positions = at}};
        CHECK(scaled_difference(last_scores(model, oracle, {patch}),
                                patched[k][static_cast<std::int64_t>(p)]) <= 1e-4);
      }
    }
  }
}

TEST_CASE("a head without its values stays so while a text is continued", "[interventions]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  Plan plan = capture_plan(Hook::head_norm, all_layers(model));
  plan.generation = {.tokens = 8, .end = {}, .rows = GeneratedRows::predicting};
  Run run{.tokens = {1, 5, 9, 13}, .rows = {}, .key = {0}};
  run.actions = {Zero{{.hook = Hook::z, .layer = 1, .head = 2}}};
  const Run* const one[] = {&run};
  const CapturedRows done = run_alone(model, plan, one);
  const at::Tensor norms = done.arrays[0];  // [step, layer, head]
  CHECK(norms.select(1, 1).select(1, 2).abs().max().item<double>() == 0.0);
  CHECK(norms.select(1, 1).select(1, 1).abs().min().item<double>() > 0.0);
  // The same tokens, fed as a whole with the head's values taken away.
  Run text = run;
  text.tokens.insert(text.tokens.end(), done.generated[0].begin(), done.generated[0].end() - 1);
  text.rows = token_run(text.tokens).rows;
  const Plan whole = capture_plan(Hook::head_norm, all_layers(model));
  const Run* const again[] = {&text};
  const at::Tensor wanted = run_alone(model, whole, again).arrays[0];
  CHECK(scaled_difference(norms, wanted.narrow(0, 3, 8)) <= 1e-5);
}

TEST_CASE("a source without the wanted position is refused", "[interventions]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(golden() / "models/llama/model", at::kFloat, at::kCPU);
  const path folder = golden() / "models/llama";
  const Oracle oracle{folder, "long", StoredArrays(folder)};
  const Patch patch{.site = {.layer = 0, .positions = {1}},
                    .from = {.run = 1, .positions = {1000}}};
  CHECK_THROWS_AS(last_scores(model, oracle, {patch}), std::invalid_argument);
}
