// SPDX-License-Identifier: MIT
// What the model computes in 16 bits, and what happens when that is not enough.
#include "model/layers.hpp"
#include "model_fixture.hpp"
#include "reference.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rsqrt.h>

using namespace phiscope::test;

namespace {

const std::vector<int> words{1, 10, 11, 12, 10, 13, 20, 21, 22, 30, 31, 8, 9, 4, 5, 6};

Model walk_model(at::ScalarType dtype) {
  return load_model(source_dir() / "datasets/models/walk", dtype, at::kCPU);
}

}  // namespace

TEST_CASE("16-bit computation is near float32 and keeps its dtype", "[precision]") {
  const c10::InferenceMode no_gradients;
  const Run run = token_run(words);
  const at::Tensor exact = capture_alone(walk_model(at::kDouble), Hook::logits, {}, run);
  const auto [dtype, tolerance] = GENERATE(table<at::ScalarType, double>(
      {{at::kBFloat16, 3e-2}, {at::kHalf, 4e-3}, {at::kFloat, 1e-5}}));
  const Model model = walk_model(dtype);
  const at::Tensor scores = capture_alone(model, Hook::logits, {}, run);
  CHECK(scores.scalar_type() == dtype);
  CHECK(scaled_difference(scores, exact) <= tolerance);
  CHECK(scaled_difference(scores, exact) > 0.0);
  CHECK(capture_alone(model, Hook::head_norm, {0, 1, 2}, run).scalar_type() == at::kFloat);
}

TEST_CASE("gains and rotations of OLMo-2 are rounded once, those of Llama twice", "[precision]") {
  const c10::InferenceMode no_gradients;
  const Model olmo = load_model(golden() / "models/olmo2/model", at::kBFloat16, at::kCPU);
  const at::Tensor x = at::arange(120, at::kFloat).sin().mul(3).view({6, 20}).to(at::kBFloat16);
  const at::Tensor gain = at::arange(20, at::kFloat).cos().add(1.5).to(at::kBFloat16);
  ModelConfig config = olmo.config;
  const at::Tensor wide = x.to(at::kDouble);
  const at::Tensor exact =
      wide * at::rsqrt(wide.pow(2).mean(-1, true) + config.norm_eps) * gain.to(at::kDouble);
  CHECK(at::equal(norm(config, x, gain), exact.to(at::kBFloat16)));
  config.norm = NormKind::rms;
  CHECK_FALSE(at::equal(norm(config, x, gain), exact.to(at::kBFloat16)));

  const std::vector<int> tokens(6, 7);
  const Pass pass = make_pass(olmo, make_batch({{.tokens = tokens}}, at::kCPU));
  const Rotation by = first_rows(pass.rotation, 6);
  REQUIRE(by.cosine.scalar_type() == at::kFloat);
  const at::Tensor heads = x.view({6, 2, 10});
  const at::Tensor turned = rotate(heads, by);
  CHECK(turned.scalar_type() == at::kBFloat16);
  CHECK(at::equal(turned, rotate(heads.to(at::kFloat), by).to(at::kBFloat16)));
}

TEST_CASE("the factor of Granite's embeddings is not rounded, that of Gemma's is", "[precision]") {
  const c10::InferenceMode no_gradients;
  Model model = load_model(golden() / "models/granite/model", at::kBFloat16, at::kCPU);
  model.config.embedding_scale = 12.3;
  const Batch batch = make_batch({{.tokens = words}}, at::kCPU);
  const at::Tensor plain = at::embedding(model.parts[Part::embedding], batch.ids).to(at::kFloat);
  const at::Tensor exact = (plain * 12.3).to(at::kBFloat16);
  CHECK(at::equal(embed(model, batch), exact));
  model.config.rounded_scale = true;
  CHECK(at::equal(embed(model, batch), (plain * 12.3125).to(at::kBFloat16)));
  CHECK_FALSE(at::equal(embed(model, batch), exact));
}

TEST_CASE("decoding in 16 bits gives the rows of the whole text within their precision",
          "[precision]") {
  const c10::InferenceMode no_gradients;
  const at::ScalarType dtype = GENERATE(at::kBFloat16, at::kHalf);
  const Model model = walk_model(dtype);
  Plan plan = capture_plan(Hook::resid_post, all_layers(model));
  plan.generation = {.tokens = 8, .end = {}, .rows = GeneratedRows::tokens};
  const Run run = token_run(words);
  const Run* const runs[] = {&run};
  const CapturedRows done = run_alone(model, plan, runs);
  std::vector<int> text = words;
  text.insert(text.end(), done.generated[0].begin(), done.generated[0].end());
  const at::Tensor whole =
      capture_alone(model, Hook::resid_post, all_layers(model), token_run(text));
  CHECK(scaled_difference(done.arrays[0], whole) <= (dtype == at::kHalf ? 2e-3 : 2e-2));
}

TEST_CASE("a value beyond float16 is an error that names hook, layer and prompt", "[precision]") {
  const c10::InferenceMode no_gradients;
  Model model = walk_model(at::kHalf);
  Run run = token_run(words);
  run.key = {5};
  const Run* const runs[] = {&run};
  SECTION("what the MLP adds") {
    model.blocks[1].parts[Part::down] = model.blocks[1].parts[Part::down] * 30000.0;
    CHECK_THROWS_WITH(run_alone(model, capture_plan(Hook::logits, {}), runs),
                      Contains("blocks.1.hook_mlp_out") && Contains("float16") &&
                          Contains("prompt 5") && Contains("--dtype bfloat16"));
  }
  SECTION("what attention adds") {
    model.blocks[2].parts[Part::output] = model.blocks[2].parts[Part::output] * 60000.0;
    CHECK_THROWS_WITH(run_alone(model, capture_plan(Hook::logits, {}), runs),
                      Contains("blocks.2.hook_attn_out"));
  }
  SECTION("the embedding itself") {
    model.parts[Part::embedding] = model.parts[Part::embedding] * 65000.0 * 65000.0;
    CHECK_THROWS_WITH(run_alone(model, capture_plan(Hook::logits, {}), runs),
                      Contains("hook_embed") && Contains("position 0"));
  }
  SECTION("scores") {
    model.parts[Part::head] = model.parts[Part::head] * 60000.0;
    const Plan plan = capture_plan(Hook::logits, {});
    CHECK_THROWS_WITH(run_alone(model, plan, runs), Contains("logits"));
  }
}
