// SPDX-License-Identifier: MIT
// Every family against arrays of Hugging Face that are part of the project (tests/golden/models).
#include "files/model/describe.hpp"
#include "meta.hpp"
#include "model_fixture.hpp"
#include "reference.hpp"
#include "stored_arrays.hpp"
#include "temp_dir.hpp"

#include <ATen/ops/equal.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

using namespace phiscope::test;

namespace {

using std::filesystem::path;

/// One folder per family.
std::vector<path> family_folders() {
  std::vector<path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(golden() / "models")) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  return folders;
}

/// How far a hook may be from Hugging Face's, times max(1, largest value).
double hook_tolerance(Hook hook) {
  switch (hook) {
    case Hook::embed:
      return 0.0;
    case Hook::z:
    case Hook::head_norm:
    case Hook::final_norm:
      return 3e-5;
    case Hook::logits:
      return 1e-4;
    default:
      return 5e-5;
  }
}

Model load(const path& directory) {
  return load_model(directory, at::kFloat, at::kCPU);
}

std::vector<int> layers_of(const Model& model, Hook hook) {
  return hook_name(hook).in_block ? all_layers(model) : std::vector<int>{};
}

/// The rows of a padded array [sequence, position, ...] that are tokens, one sequence after
/// another.
at::Tensor without_padding(const StoredArrays& stored, const std::string& side,
                           const std::string& hook) {
  const at::Tensor mask = stored.integers(side + ".mask").to(at::kBool);
  return stored.floats(side + "." + hook).index({mask});
}

}  // namespace

TEST_CASE("every hook of the golden models is Hugging Face's", "[golden_models]") {
  const c10::InferenceMode no_gradients;
  REQUIRE(!family_folders().empty());
  for (const path& folder : family_folders()) {
    const Model model = load(folder / "model");
    const StoredArrays stored(folder);
    const StoredArrays inside(folder, "hooks.safetensors");
    REQUIRE(inside.has("long.hook_pattern"));
    auto absent = meta(folder).at("absent_hooks").get<std::set<std::string>>();
    if (model.config.experts) absent.insert({"mlp.hook_pre", "mlp.hook_post"});
    for (const std::string prompt : {"short", "long"}) {
      const Run run = token_run(stored.ids(prompt + ".ids"));
      for (const HookName& hook : hook_names) {
        const std::string name(hook.name);
        CAPTURE(folder.string(), prompt, name);
        if (absent.contains(name)) continue;
        const at::Tensor ours = capture_alone(model, hook.hook, layers_of(model, hook.hook), run);
        const std::string array = prompt + "." + name;
        const at::Tensor wanted = (inside.has(array) ? inside : stored).floats(array, ours.sizes());
        CHECK(scaled_difference(ours, wanted) <= hook_tolerance(hook.hook));
      }
    }
  }
}

TEST_CASE("both spellings of a golden model's configuration are one model", "[golden_models]") {
  const c10::InferenceMode no_gradients;
  for (const path& folder : family_folders()) {
    CAPTURE(folder.string());
    const TempDir published;
    for (const char* file : {"model.safetensors", "generation_config.json"}) {
      std::filesystem::copy(folder / "model" / file, published.path() / file);
    }
    std::filesystem::copy(folder / "model" / "config_legacy.json",
                          published.path() / "config.json");
    const Run run = token_run(StoredArrays(folder).ids("long.ids"));
    CHECK(at::equal(capture_alone(load(folder / "model"), Hook::logits, {}, run),
                    capture_alone(load(published.path()), Hook::logits, {}, run)));
  }
}

TEST_CASE("the other layouts of a golden model's files are the same model", "[golden_models]") {
  const c10::InferenceMode no_gradients;
  int variants = 0;
  for (const path& folder : family_folders()) {
    const nlohmann::json others = meta(folder).at("variants");
    for (const auto& name : others) {
      CAPTURE(folder.string(), name);
      ++variants;
      const Run run = token_run(StoredArrays(folder).ids("long.ids"));
      CHECK(
          at::equal(capture_alone(load(folder / "model"), Hook::logits, {}, run),
                    capture_alone(load(folder / name.get<std::string>()), Hook::logits, {}, run)));
    }
  }
  CHECK(variants >= 2);
}

TEST_CASE("a batch of ours gives what a padded batch gives on either side", "[golden_models]") {
  const c10::InferenceMode no_gradients;
  for (const path& folder : family_folders()) {
    const Model model = load(folder / "model");
    const StoredArrays stored(folder);
    const Run first = token_run(stored.ids("short.ids"));
    const Run second = token_run(stored.ids("long.ids"));
    const Run* const both[] = {&first, &second};
    for (const Hook hook : {Hook::resid_post, Hook::logits}) {
      const std::string name(hook_name(hook).name);
      const at::Tensor ours = capture_together(model, hook, layers_of(model, hook), both);
      for (const std::string side : {"padded_left", "padded_right"}) {
        CAPTURE(folder.string(), name, side);
        CHECK(scaled_difference(ours, without_padding(stored, side, name)) <= hook_tolerance(hook));
      }
    }
  }
}

TEST_CASE("a golden model passes the checks, with a text for every id", "[golden_models]") {
  for (const path& folder : family_folders()) {
    CAPTURE(folder.string());
    const auto described = describe_model(folder / "model", /*quick=*/false);
    CHECK(described.at("tokenizer").at("tokens") == described.at("vocab"));
    CHECK(read_config(folder / "model").eos == meta(folder).at("eos").get<std::vector<long>>());
  }
}

TEST_CASE("greedy tokens of a golden model, with and without its end tokens", "[golden_models]") {
  const c10::InferenceMode no_gradients;
  for (const path& folder : family_folders()) {
    const Model model = load(folder / "model");
    const std::vector<int> ends(model.config.eos.begin(), model.config.eos.end());
    REQUIRE_FALSE(ends.empty());
    const StoredArrays stored(folder);
    const Run first{.tokens = stored.ids("short.ids"), .rows = {}};
    const Run second{.tokens = stored.ids("long.ids"), .rows = {}};
    const Run* const both[] = {&first, &second};
    for (const bool to_end : {false, true}) {
      Plan plan;
      plan.generation = {
          .tokens = 32, .end = to_end ? ends : std::vector<int>{}, .rows = GeneratedRows::none};
      const CapturedRows done = run_alone(model, plan, both);
      const std::string name = to_end ? ".greedy_to_end" : ".greedy";
      CAPTURE(folder.string(), to_end);
      CHECK(done.generated[0] == stored.ids("short" + name));
      CHECK(done.generated[1] == stored.ids("long" + name));
    }
  }
}

TEST_CASE("an array that is not what the test asks for is refused by name", "[golden_models]") {
  const StoredArrays tensors(golden() / "models" / "gpt2");
  const StoredArrays files(golden() / "loo" / "walk_oracle");
  CHECK(tensors.has("long.ids"));
  CHECK_FALSE(tensors.has("long.ids.npy"));
  CHECK(files.has("ids"));
  CHECK_FALSE(files.has("long.ids"));
  const auto refused = [](const auto& read, const std::string& message) {
    CHECK_THROWS_WITH(read(), Catch::Matchers::EndsWith(message));
  };
  refused([&] { return tensors.floats("none"); },
          "golden.safetensors: array none: found no such tensor, expected one");
  refused([&] { return tensors.floats("long.ids"); },
          "golden.safetensors: array long.ids: found I64, expected F32");
  refused([&] { return tensors.integers("long.logits"); },
          "golden.safetensors: array long.logits: found F32, expected I64");
  refused([&] { return tensors.ids("padded_left.ids"); },
          "golden.safetensors: array padded_left.ids: found [2, 15], expected one sequence");
  refused(
      [&] {
        return tensors.floats("short.logits", {4, 7});
      },
      "golden.safetensors: array short.logits: found [4, 72], expected [4, 7]");
  refused([&] { return files.floats("ids"); }, "ids.npy: array ids: found i8, expected f4");
  refused([&] { return files.integers("logits"); },
          "logits.npy: array logits: found f4, expected i8");
}
