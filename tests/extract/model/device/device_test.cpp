// SPDX-License-Identifier: MIT
// What other devices than the CPU do differently, as far as a machine without one can show it.
#include "model/device/device.hpp"

#include "ahead/estimate.hpp"
#include "extract/model/scheduled_runs.hpp"
#include "model/layers.hpp"
#include "model/step.hpp"
#include "reference.hpp"
#include "run/finite.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <limits>

using namespace phiscope::test;

namespace {

/// Tensors of this device have shapes but no values; an operation that mixes them with the CPU's,
/// or reads a value, is an error. So it stands for any device.
const at::Device shapes_only(at::kMeta);

void check_same_shape(const at::Tensor& shape, const at::Tensor& value) {
  CHECK(shape.is_meta());
  CHECK(shape.sizes() == value.sizes());
  CHECK(shape.scalar_type() == value.scalar_type());
}

/// Everything of a block but the attention itself, whose operations have no form for shapes alone:
/// rotated queries, and the MLP's output.
std::pair<at::Tensor, at::Tensor> parts_of_block(const Model& model) {
  const std::vector<int> tokens = tokens_from(3, 21);
  const Batch batch = make_batch({{.tokens = tokens}}, model.device);
  const Pass pass = make_pass(model, batch);
  const PartTensors& weights = model.blocks.front().parts;
  const auto options = at::TensorOptions().dtype(model.dtype).device(model.device);
  const at::Tensor residual = at::zeros({batch.ids.size(0), model.config.hidden}, options);
  const at::Tensor normed = norm(model.config, residual, weights[Part::attention_norm]);
  const at::Tensor query = product(normed, weights[Part::query], weights[Part::query_bias], false);
  KvCache cache(model.config, 40, model.dtype, model.device);
  const at::Tensor heads = query.view({query.size(0), model.config.heads, model.config.head_dim});
  cache.write(0, heads.narrow(1, 0, model.config.kv_heads).narrow(0, 0, 21),
              heads.narrow(1, 0, model.config.kv_heads).narrow(0, 0, 21));
  return {rotate(heads, pass.rotation), mlp(model.config, weights, normed, /*step=*/true)};
}

}  // namespace

TEST_CASE("a device is named cpu, cuda or cuda:i", "[device]") {
  CHECK(parse_device("cpu").is_cpu());
  CHECK(parse_device("cuda") == at::Device(at::kCUDA, 0));
  CHECK(parse_device("cuda:3") == at::Device(at::kCUDA, 3));
  for (const char* name :
       {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:1 ", "cuda:128", "CPU"}) {
    CAPTURE(name);
    CHECK_THROWS_WITH(parse_device(name), Contains("--device: found '" + std::string(name) + "'"));
  }
  CHECK(device_facts(at::kCPU).name == "cpu");
}

TEST_CASE("the parts of a block keep to their device", "[device]") {
  const c10::InferenceMode no_gradients;
  int walked = 0;
  for (const std::string& family : families) {
    CAPTURE(family);
    const auto folder = golden() / "models" / family / "model";
    const ModelConfig config = read_config(folder);
    if (config.experts || config.norm == NormKind::layer) continue;  // likewise
    if (!config.pre_norms) continue;  // parts_of_block() begins with that norm
    ++walked;
    const auto values = parts_of_block(load_model(folder, at::kFloat, at::kCPU));
    const auto shapes = parts_of_block(load_model(folder, at::kFloat, shapes_only));
    check_same_shape(shapes.first, values.first);
    check_same_shape(shapes.second, values.second);
  }
  CHECK(walked >= 5);
}

TEST_CASE("a step's attention by common operations is that of the kernel", "[device]") {
  const c10::InferenceMode no_gradients;
  const std::int64_t tokens = GENERATE(1, 7, 16, 33);
  const std::int64_t window = GENERATE(0, 1, 5, 40);
  const double softcap = GENERATE(0.0, 2.0);
  CAPTURE(tokens, window, softcap);
  const at::Tensor query = at::randn({6, 16});
  const at::Tensor keys = at::randn({48, 2, 16});
  const at::Tensor values = at::randn({48, 2, 16});
  const Scores scores{.scale = 0.3, .window = window, .softcap = softcap};
  const at::Tensor wanted = at::zeros({6, 16});
  const at::Tensor found = at::zeros({6, 16});
  step_attend(query, keys, values, tokens, scores, wanted);
  step_attend_anywhere(query, keys, values, tokens, scores, found);
  CHECK(scaled_difference(found, wanted) <= 1e-6);
}

TEST_CASE("the late look at values names what the early one names", "[device]") {
  const c10::InferenceMode no_gradients;
  const Model model = load_model(source_dir() / "datasets/models/walk", at::kFloat, at::kCPU);
  const std::vector<int> first{1, 4, 5};
  const std::vector<int> second{1, 7, 9, 11};
  const std::vector<std::string> names{"prompt 8", "prompt 9"};
  const Batch batch = make_batch({{.tokens = first}, {.tokens = second}}, at::kCPU);
  const double bad =
      GENERATE(std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
               std::numeric_limits<double>::quiet_NaN());
  const bool late = GENERATE(false, true);
  CAPTURE(bad, late);
  const auto look = [&](std::int64_t row) {
    FiniteCheck check(model, batch, names, late);
    const at::Tensor residual = at::zeros({batch.ids.size(0), 4});
    check.see_embedding(residual.narrow(0, 0, batch.used()));
    check.see_block(0, {}, residual);
    residual[row][2] = bad;
    check.see_block(1, {}, residual);
    check.end();
  };
  CHECK_THROWS_WITH(look(5), Contains("blocks.1.hook_resid_post: not finite") &&
                                 Contains("prompt 9, position 2"));
  CHECK_NOTHROW(look(batch.used()));  // the filling
}

TEST_CASE("memory that ran out names the batch size that fits", "[device]") {
  // 80 GB, a tenth for the rest: (72 - 15) / 0.5 runs.
  CHECK_THAT(out_of_memory_text("cuda:0", 80'000'000'000, 15'000'000'000, 500'000'000, 256),
             Contains("--batch-size: found 256") && Contains("expected at most --batch-size 114"));
  CHECK_THAT(out_of_memory_text("cuda:0", 80'000'000'000, 15'000'000'000, 500'000'000, 64),
             Contains("expected at most --batch-size 32"));
  CHECK_THAT(out_of_memory_text("cuda:0", 16'000'000'000, 15'000'000'000, 500'000'000, 8),
             Contains("expected a smaller model or dtype"));
  CHECK_THAT(out_of_memory_text("cuda:0", 80'000'000'000, 1'000, 1'000, 1),
             Contains("expected a smaller model or dtype"));
}
