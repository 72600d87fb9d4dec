// SPDX-License-Identifier: MIT
// Weights on the device that PHISCOPE_TEST_DEVICE names, bit for bit those of the CPU.
#include "model/device/weight_upload.hpp"

#include "extract/model/model_fixture.hpp"
#include "extract/model/stacked_model.hpp"
#include "extract/model/test_device.hpp"
#include "reference.hpp"
#include "temp_dir.hpp"

#include <ATen/ops/randn.h>

using namespace phiscope::test;

namespace {

/// Tensors of some parts, undefined ones as well.
void check_same(const PartTensors& found, const PartTensors& wanted) {
  for (std::size_t p = 0; p < static_cast<std::size_t>(Part::count); ++p) {
    const at::Tensor& there = found[static_cast<Part>(p)];
    const at::Tensor& here = wanted[static_cast<Part>(p)];
    REQUIRE(there.defined() == here.defined());
    if (!here.defined()) continue;
    CAPTURE(p);
    CHECK(there.is_cuda());
    CHECK(there.is_contiguous());
    CHECK(there.scalar_type() == here.scalar_type());
    CHECK(there.to(at::kCPU).equal(here));
  }
}

void check_same(const Model& there, const Model& here) {
  check_same(there.parts, here.parts);
  REQUIRE(there.blocks.size() == here.blocks.size());
  for (std::size_t layer = 0; layer < here.blocks.size(); ++layer) {
    check_same(there.blocks[layer].parts, here.blocks[layer].parts);
    REQUIRE(there.blocks[layer].experts.size() == here.blocks[layer].experts.size());
    for (std::size_t e = 0; e < here.blocks[layer].experts.size(); ++e) {
      check_same(there.blocks[layer].experts[e], here.blocks[layer].experts[e]);
    }
  }
}

}  // namespace

TEST_CASE("a tensor on the device has the numbers of the mapped one",
          "[weight_upload][needs_device]") {
  const c10::InferenceMode no_gradients;
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  const at::ScalarType dtypes[] = {at::kHalf, at::kBFloat16, at::kFloat, at::kDouble};
  for (const std::int64_t block : {64, 4096, 1 << 20}) {
    WeightUpload upload(*device, block);
    std::vector<at::Tensor> found;
    std::vector<at::Tensor> wanted;
    for (const at::ScalarType stored : dtypes) {
      for (const at::ScalarType dtype : dtypes) {
        for (const std::int64_t rows : {0, 1, 33, 700}) {
          const at::Tensor mapped = at::randn({rows, 5}, at::kDouble).to(stored);
          found.push_back(upload.copied(mapped, dtype));
          wanted.push_back(mapped.to(dtype));
        }
      }
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i].device() == *device);
      CHECK(found[i].scalar_type() == wanted[i].scalar_type());
      CHECK(found[i].to(at::kCPU).equal(wanted[i]));
    }
  }
  WeightUpload upload(*device);
  CHECK_THROWS_AS(upload.copied(at::randn({4, 4}).t(), at::kFloat), std::invalid_argument);
}

TEST_CASE("a model on the device has the weights that it has on the CPU",
          "[weight_upload][needs_device]") {
  const c10::InferenceMode no_gradients;
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  for (const std::string& family : families) {
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16, at::kHalf, at::kDouble}) {
      CAPTURE(family, c10::toString(dtype));
      const auto folder = golden() / "models" / family / "model";
      check_same(load_model(folder, dtype, *device), load_model(folder, dtype, at::kCPU));
    }
  }
}

TEST_CASE("experts that are stored in a stack are on the device those stored one by one",
          "[weight_upload][needs_device]") {
  const c10::InferenceMode no_gradients;
  const std::optional<at::Device> device = test_device();
  if (!device) return;
  const std::string family = GENERATE("olmoe", "qwen3_moe");
  const bool transposed = GENERATE(false, true);
  CAPTURE(family, transposed);
  const TempDir dir;
  const auto one_by_one = golden() / "models" / family / "model";
  write_stacked(one_by_one, dir.path() / "model", transposed);
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const Model there = load_model(dir.path() / "model", dtype, *device);
    REQUIRE(!there.blocks.back().experts.empty());
    check_same(there, load_model(one_by_one, dtype, at::kCPU));
  }
}
