// SPDX-License-Identifier: MIT
// The device that PHISCOPE_TEST_DEVICE names against the CPU, float32; ./dev gpu-test sets it. A
// slow one has PHISCOPE_TEST_FAMILIES as well: a list of families with commas, instead of all.
#include "plan/absent_hooks.hpp"
#include "reference.hpp"
#include "run/finite.hpp"
#include "scheduled_runs.hpp"
#include "test_device.hpp"

#include <cstdlib>
#include <sstream>

using namespace phiscope::test;

namespace {

/// Differences are scaled by max(1, largest value); float32 without TF32 stays far below this.
constexpr double tolerance = 1e-4;

std::vector<std::string> tested_families() {
  const char* const names = std::getenv("PHISCOPE_TEST_FAMILIES");
  if (names == nullptr) return families;
  std::vector<std::string> tested;
  std::istringstream list(names);
  for (std::string name; std::getline(list, name, ',');) tested.push_back(name);
  return tested;
}

/// Folders of golden models, and of the reference data's where they are.
std::vector<std::filesystem::path> model_folders() {
  std::vector<std::filesystem::path> folders;
  for (const std::string& family : tested_families()) {
    folders.push_back(golden() / "models" / family / "model");
  }
  if (!reference()) return folders;
  for (const auto& entry : std::filesystem::directory_iterator(*reference() / "models")) {
    const auto model = entry.path() / "model";
    if (std::filesystem::exists(model / "config.json")) folders.push_back(model);
  }
  return folders;
}

struct Pair {
  Model cpu;
  Model device;
};
Pair both(const std::filesystem::path& folder, at::Device device) {
  return {load_model(folder, at::kFloat, at::kCPU), load_model(folder, at::kFloat, device)};
}

}  // namespace

TEST_CASE("every hook on the device is the CPU's", "[device_parity][needs_device]") {
  const c10::InferenceMode no_gradients;
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  for (const auto& folder : model_folders()) {
    const Pair models = both(folder, *device);
    const Run first = token_run(tokens_from(5, 33));
    const Run second = token_run(tokens_from(9, 7));
    const Run* const runs[] = {&first, &second};
    for (const HookName& hook : hook_names) {
      if (!absent_reason(hook.hook, models.cpu.config).empty()) continue;
      CAPTURE(folder.string(), std::string(hook.name));
      const std::vector<int> layers = hook.in_block ? all_layers(models.cpu) : std::vector<int>{};
      CHECK(scaled_difference(capture_together(models.device, hook.hook, layers, runs).to(at::kCPU),
                              capture_together(models.cpu, hook.hook, layers, runs)) <= tolerance);
    }
  }
}

TEST_CASE("schedules with interventions on the device give the CPU's rows",
          "[device_parity][needs_device]") {
  const c10::InferenceMode no_gradients;
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  for (const std::string& family : tested_families()) {
    const Pair models = both(golden() / "models" / family / "model", *device);
    const Group group = many_runs(models.cpu);
    const std::vector<int> layers = all_layers(models.cpu);
    for (const Hook hook : {Hook::resid_post, Hook::head_norm, Hook::logits}) {
      CAPTURE(family, std::string(hook_name(hook).name));
      const std::vector<int> wanted = hook_name(hook).in_block ? layers : std::vector<int>{};
      CHECK(scaled_difference(executed(models.device, group, hook, wanted, 7),
                              executed(models.cpu, group, hook, wanted, 7)) <= tolerance);
    }
  }
}

TEST_CASE("measures on the device are the CPU's", "[device_parity][needs_device]") {
  const c10::InferenceMode no_gradients;
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  for (const std::string& family : tested_families()) {
    const Pair models = both(golden() / "models" / family / "model", *device);
    Group group = many_runs(models.cpu);
    std::erase_if(group.runs, [](const Run& run) {
      return run.donor || !run.actions.empty() || run.tokens.size() != 21;
    });
    group.runs.front().rows.clear();  // what the others are compared with
    group.runs.push_back(whole_run(tokens_from(3, 21), {zero(place(Hook::z, 0, {}, 1))}, 100));
    for (const Measure measure : {Measure::kl, Measure::reverse_kl, Measure::prediction_changed}) {
      CAPTURE(family, static_cast<int>(measure));
      const at::Tensor cpu = measured(models.cpu, group, measure);
      const at::Tensor found = measured(models.device, group, measure);
      CHECK(cpu.abs().max().item<double>() > 0.0);
      CHECK(scaled_difference(found, cpu) <= tolerance);
    }
  }
}

TEST_CASE("greedy tokens and their head norms on the device are the CPU's",
          "[device_parity][needs_device]") {
  const c10::InferenceMode no_gradients;
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  for (const auto& folder : model_folders()) {
    CAPTURE(folder.string());
    const Pair models = both(folder, *device);
    const Run first{.tokens = tokens_from(5, 9), .rows = {}};
    const Run second{.tokens = tokens_from(7, 13), .rows = {}};
    const Run* const runs[] = {&first, &second};
    Plan plan = capture_plan(Hook::head_norm, all_layers(models.cpu));
    plan.generation = {.tokens = 20, .end = {}, .rows = GeneratedRows::predicting};
    const CapturedRows found = run_alone(models.device, plan, runs);
    const CapturedRows wanted = run_alone(models.cpu, plan, runs);
    CHECK(found.generated == wanted.generated);
    CHECK(scaled_difference(found.arrays[0].to(at::kCPU), wanted.arrays[0]) <= tolerance);
  }
}

TEST_CASE("the first value of a pass that is not finite is named on the device",
          "[device_parity][needs_device]") {
  const c10::InferenceMode no_gradients;
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  const Model model = load_model(source_dir() / "datasets/models/walk", at::kFloat, *device);
  const std::vector<int> first{1, 4, 5};
  const std::vector<int> second{1, 7, 9, 11};
  const std::vector<std::string> names{"prompt 8", "prompt 9"};
  const Batch batch = make_batch({{.tokens = first}, {.tokens = second}}, *device);
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf}) {
    for (const double bad : {std::numeric_limits<double>::infinity(), std::nan("")}) {
      CAPTURE(c10::toString(dtype), bad);
      FiniteCheck good(model, batch, names, /*late=*/true);
      FiniteCheck check(model, batch, names, /*late=*/true);
      at::Tensor residual = at::zeros({batch.used() + 9, 40}, batch.ids.options().dtype(dtype));
      for (FiniteCheck* one : {&good, &check}) {
        one->see_embedding(residual.narrow(0, 0, batch.used()));
        one->see_block(0, {}, residual);
      }
      residual[batch.used()][3] = bad;  // the filling
      good.see_block(1, {}, residual);
      CHECK_NOTHROW(good.end());
      residual[6][2] = bad;
      residual[4][39] = bad;
      check.see_block(1, {}, residual);
      residual[0][0] = bad;
      check.see_block(2, {}, residual);
      CHECK_THROWS_WITH(check.end(), Contains("blocks.1.hook_resid_post: not finite") &&
                                         Contains("prompt 9, position 1,"));
    }
  }
}

TEST_CASE("in 16 bits the device errs as the CPU does", "[device_parity][needs_device]") {
  const c10::InferenceMode no_gradients;
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  // Heads of 16 units; of 8, shared by two; of 8, with windows; of 4 units and capped scores, which
  // are computed lane by lane.
  for (const char* family : {"gpt_neox_parallel", "phi4_mini", "olmo3", "qwen2", "gemma2"}) {
    const auto folder = golden() / "models" / family / "model";
    const Model wide = load_model(folder, at::kFloat, at::kCPU);
    const Group group = many_runs(wide);
    for (const at::ScalarType dtype : {at::kBFloat16, at::kHalf}) {
      const Model here = load_model(folder, dtype, at::kCPU);
      const Model there = load_model(folder, dtype, *device);
      for (const Hook hook : {Hook::z, Hook::resid_post, Hook::logits}) {
        CAPTURE(family, c10::toString(dtype), std::string(hook_name(hook).name));
        const Plan plan =
            capture_plan(hook, hook_name(hook).in_block ? all_layers(wide) : std::vector<int>{});
        const auto rows = [&](const Model& model) {
          return run_group(model, plan, group, 7).arrays[0].to(at::kCPU);
        };
        const at::Tensor wanted = rows(wide);
        const double least = dtype == at::kHalf ? 1e-3 : 8e-3;  // a rounding or two
        CHECK(scaled_difference(rows(there), wanted) <=
              3.0 * scaled_difference(rows(here), wanted) + least);
      }
    }
  }
}

TEST_CASE("scores of targets on the device are the CPU's", "[device_parity][needs_device]") {
  const c10::InferenceMode no_gradients;
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  for (const auto& [dtype, most] : {std::pair{at::kFloat, tolerance}, {at::kBFloat16, 0.1}}) {
    for (const char* family : {"llama", "gemma2"}) {
      const auto folder = golden() / "models" / family / "model";
      const Pair models{load_model(folder, dtype, at::kCPU), load_model(folder, dtype, *device)};
      Group group{.runs = {whole_run(tokens_from(3, 21), {}, 0),
                           whole_run(tokens_from(9, 12), {zero(place(Hook::z, 0, {}, 1))}, 1)}};
      int target = 4;
      for (Run& run : group.runs) {
        for (Row& row : run.rows) row.targets = {target++, 5};
      }
      for (const Measure measure : {Measure::token_score, Measure::token_log_probability}) {
        CAPTURE(family, c10::toString(dtype), static_cast<int>(measure));
        CHECK(scaled_difference(measured(models.device, group, measure),
                                measured(models.cpu, group, measure)) <= most);
      }
    }
  }
}
