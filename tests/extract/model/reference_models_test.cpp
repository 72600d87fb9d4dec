// SPDX-License-Identifier: MIT
#include "model_fixture.hpp"
#include "reference.hpp"
#include "stored_arrays.hpp"
#include "temp_dir.hpp"

#include <ATen/TensorOperators.h>

#include <filesystem>

using namespace phiscope::test;

namespace {

const std::vector<std::string> reference_names{"gemma2",
                                               "gemma3_text",
                                               "gpt2",
                                               "gpt_neox_parallel",
                                               "gpt_neox_sequential",
                                               "llama",
                                               "llama_untied_bf16",
                                               "mistral",
                                               "qwen2",
                                               "qwen3",
                                               "qwen3_moe"};

/// Compares every hook of a model with stored arrays of Hugging Face, in the stated tolerances.
void compare(const Model& model, const std::filesystem::path& folder, const std::string& length) {
  const StoredArrays arrays(folder);
  const auto stored = [&](const std::string& name) { return arrays.floats(length + "." + name); };
  const Run run = token_run(arrays.ids(length + ".ids"));
  const auto ours = [&](Hook hook, std::vector<int> layers = {}) {
    return capture_alone(model, hook, layers, run);
  };
  CAPTURE(folder.string(), length);
  const at::Tensor residuals = stored("resid").transpose(0, 1);  // to [token, layer, unit]
  const std::vector<int> layers = all_layers(model);
  CHECK(scaled_difference(ours(Hook::resid_post, all_layers(model, -1)), residuals) <= 5e-5);
  CHECK(scaled_difference(ours(Hook::resid_pre, layers),
                          residuals.narrow(1, 0, model.config.layers)) <= 5e-5);
  CHECK(scaled_difference(ours(Hook::embed), residuals.select(1, 0)) == 0.0);
  CHECK(scaled_difference(ours(Hook::final_norm), stored("normed")) <= 3e-5);
  CHECK(scaled_difference(ours(Hook::z, layers), stored("z").transpose(0, 1)) <= 3e-5);
  CHECK(scaled_difference(ours(Hook::head_norm, layers), stored("z_norm").transpose(0, 1)) <= 3e-5);
  CHECK(scaled_difference(ours(Hook::logits), stored("logits")) <= 1e-4);
  const at::Tensor pre = ours(Hook::resid_pre, layers);
  const at::Tensor attn_out = ours(Hook::attn_out, layers);
  const at::Tensor mid =
      model.config.parallel_residual ? pre + attn_out : ours(Hook::resid_mid, layers);
  CHECK(scaled_difference(mid, pre + attn_out) <= 1e-6);
  CHECK(scaled_difference(ours(Hook::resid_post, layers), mid + ours(Hook::mlp_out, layers)) <=
        1e-6);
}

}  // namespace

TEST_CASE("every hook of the reference models is Hugging Face's",
          "[reference_models][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const c10::InferenceMode no_gradients;
  const std::string name = GENERATE(from_range(reference_names));
  const std::filesystem::path folder = *reference / "models" / name;
  const Model model = load_model(folder / "model", at::kFloat, at::kCPU);
  for (const char* length : {"len1", "len7", "len33"}) compare(model, folder, length);
}

TEST_CASE("a batch of three gives what Hugging Face gives with either padding",
          "[reference_models][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const c10::InferenceMode no_gradients;
  const std::string name = GENERATE(from_range(reference_names));
  const std::string side = GENERATE(as<std::string>{}, "left", "right");
  const std::filesystem::path folder = *reference / "models" / name;
  const Model model = load_model(folder / "model", at::kFloat, at::kCPU);
  const StoredArrays stored(folder);
  const std::string prefix = "pad_" + side + ".";
  const at::Tensor padded = stored.integers(prefix + "ids");
  const at::Tensor mask = stored.integers(prefix + "mask") > 0;
  std::vector<Run> all;
  for (std::int64_t row = 0; row < padded.size(0); ++row) {
    const at::Tensor ids = padded[row].masked_select(mask[row]).to(at::kInt).contiguous();
    const int* begin = ids.const_data_ptr<int>();
    all.push_back(token_run({begin, begin + ids.numel()}));
  }
  std::vector<const Run*> runs;
  for (const Run& run : all) runs.push_back(&run);
  const at::Tensor residuals =
      capture_together(model, Hook::resid_post, all_layers(model, -1), runs);
  const at::Tensor scores = capture_together(model, Hook::logits, {}, runs);
  const at::Tensor wanted_residuals = stored.floats(prefix + "resid").permute({1, 2, 0, 3});
  const at::Tensor wanted_scores = stored.floats(prefix + "logits");
  std::int64_t from = 0;
  for (std::int64_t row = 0; row < padded.size(0); ++row) {
    const at::Tensor kept = mask[row].nonzero().flatten();
    const auto ours = [&](const at::Tensor& x) { return x.narrow(0, from, kept.numel()); };
    CAPTURE(name, side, row);
    CHECK(scaled_difference(ours(residuals), wanted_residuals[row].index_select(0, kept)) <= 5e-5);
    CHECK(scaled_difference(ours(scores), wanted_scores[row].index_select(0, kept)) <= 1e-4);
    from += kept.numel();
  }
  CHECK(from == scores.size(0));
}

TEST_CASE("a trained model computes what Hugging Face computes with it",
          "[reference_models][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const c10::InferenceMode no_gradients;
  const std::filesystem::path folder = *reference / "real_models" / "stories260K_hf";
  const Model model = load_model(folder, at::kFloat, at::kCPU);
  const StoredArrays stored(folder / "oracle");
  const Run run = token_run(stored.ids("ids"));
  const auto ours = [&](Hook hook, std::vector<int> layers = {}) {
    return capture_alone(model, hook, layers, run);
  };
  const at::Tensor residuals = stored.floats("resid").transpose(0, 1);
  CHECK(scaled_difference(ours(Hook::resid_post, all_layers(model, -1)), residuals) <= 5e-5);
  CHECK(scaled_difference(ours(Hook::resid_pre, all_layers(model)),
                          residuals.narrow(1, 0, model.config.layers)) <= 5e-5);
  CHECK(scaled_difference(ours(Hook::embed), residuals.select(1, 0)) == 0.0);
  CHECK(scaled_difference(ours(Hook::final_norm), stored.floats("normed")) <= 3e-5);
  CHECK(scaled_difference(ours(Hook::z, all_layers(model)), stored.floats("z").transpose(0, 1)) <=
        3e-5);
  CHECK(scaled_difference(ours(Hook::head_norm, all_layers(model)),
                          stored.floats("z_norm").transpose(0, 1)) <= 3e-5);
  CHECK(scaled_difference(ours(Hook::logits), stored.floats("logits")) <= 1e-4);
}

TEST_CASE("the text half of a model of text and images is the text model",
          "[reference_models][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const c10::InferenceMode no_gradients;
  const std::filesystem::path folder = *reference / "models" / "gemma3_text";
  compare(load_model(folder / "model_multimodal", at::kFloat, at::kCPU), folder, "len33");
}

TEST_CASE("greedy tokens of the reference models are Hugging Face's",
          "[reference_models][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const c10::InferenceMode no_gradients;
  const std::string name = GENERATE(from_range(reference_names));
  const std::filesystem::path folder = *reference / "models" / name;
  const Model model = load_model(folder / "model", at::kFloat, at::kCPU);
  const StoredArrays stored(folder);
  const Run run{.tokens = stored.ids("greedy.prompt"), .rows = {}};
  const Run longer{.tokens = stored.ids("len33.ids"), .rows = {}};
  Plan plan;
  plan.generation = {.tokens = 32, .end = {}, .rows = GeneratedRows::none};
  const Run* const runs[] = {&longer, &run};
  CAPTURE(name);
  CHECK(run_alone(model, plan, runs).generated[1] == stored.ids("greedy.tokens"));
}

TEST_CASE("both dialects of config.json give the same numbers",
          "[reference_models][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const c10::InferenceMode no_gradients;
  const std::string name = GENERATE(from_range(reference_names));
  const std::filesystem::path folder = *reference / "models" / name;
  const TempDir legacy;
  for (const auto& file : std::filesystem::directory_iterator(folder / "model")) {
    const std::string to = file.path().filename().string();
    if (to != "config.json") std::filesystem::copy(file, legacy.path() / to);
  }
  std::filesystem::rename(legacy.path() / "config_legacy.json", legacy.path() / "config.json");
  compare(load_model(legacy.path(), at::kFloat, at::kCPU), folder, "len33");
}

TEST_CASE("the attention output of the reference is ours", "[reference_models][needs_reference]") {
  const auto reference = phiscope::test::reference();
  if (!reference) SKIP_NO_REFERENCE();
  const c10::InferenceMode no_gradients;
  // Of the Gemmas the stored array is what is normed once more before it is added.
  const std::string name =
      GENERATE(filter([](const std::string& one) { return !one.starts_with("gemma"); },
                      from_range(reference_names)));
  CAPTURE(name);
  const std::filesystem::path folder = *reference / "models" / name;
  const Model model = load_model(folder / "model", at::kFloat, at::kCPU);
  const StoredArrays stored(folder);
  const Run run = token_run(stored.ids("len33.ids"));
  CHECK(scaled_difference(capture_alone(model, Hook::attn_out, all_layers(model), run),
                          stored.floats("len33.attn_out").transpose(0, 1)) <= 3e-5);
}

TEST_CASE("the model walk computes what Hugging Face computes with its weights",
          "[reference_models]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(source_dir() / "datasets/models/walk", at::kFloat, at::kCPU);
  const StoredArrays stored(golden() / "loo" / "walk_oracle");
  const Run run = token_run(stored.ids("ids"));
  CHECK(scaled_difference(capture_alone(model, Hook::resid_post, all_layers(model, -1), run),
                          stored.floats("resid").transpose(0, 1)) <= 5e-5);
  CHECK(scaled_difference(capture_alone(model, Hook::final_norm, {}, run),
                          stored.floats("normed")) <= 3e-5);
  CHECK(scaled_difference(capture_alone(model, Hook::logits, {}, run), stored.floats("logits")) <=
        1e-4);
}

TEST_CASE("float64 is nearer to the truth than float32 and agrees with it", "[reference_models]") {
  const c10::InferenceMode no_gradients;
  const std::filesystem::path folder = source_dir() / "datasets/models/walk";
  const Run run = token_run({1, 10, 11, 12, 10, 13});
  const at::Tensor single =
      capture_alone(load_model(folder, at::kFloat, at::kCPU), Hook::logits, {}, run);
  const at::Tensor twice =
      capture_alone(load_model(folder, at::kDouble, at::kCPU), Hook::logits, {}, run);
  CHECK(twice.scalar_type() == at::kDouble);
  CHECK(scaled_difference(single, twice) <= 1e-5);
}
