// SPDX-License-Identifier: MIT
// Rows of a device on their way to the disk.
#include "extract/model/test_device.hpp"
#include "run/queue/shard_queue.hpp"
#include "shard/npy/npy.hpp"
#include "shard/verify.hpp"
#include "temp_dir.hpp"
#include "torch_catch.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>

#include <numeric>
#include <vector>

namespace phiscope::extract::device_queue_test {
namespace {

constexpr std::int64_t width = 1000;

shard::RunPlan plan_of(std::int64_t shards) {
  shard::RunPlan plan{.experiment = "test",
                      .shards = shards,
                      .arrays = {},
                      .row_spaces = {{.name = "token", .key = {"i"}}},
                      .details = nlohmann::ordered_json::object()};
  for (const auto& [name, dtype, encoding] :
       {std::tuple{"single", shard::Dtype::f4, ""}, std::tuple{"half", shard::Dtype::u2, "bf16"},
        std::tuple{"double", shard::Dtype::f8, ""}}) {
    plan.arrays.push_back({.name = name,
                           .hook = "",
                           .formula = "",
                           .row_space = "token",
                           .encoding = encoding,
                           .axes = {"row", "unit"},
                           .dtype = dtype,
                           .layers = {},
                           .row_shape = {width}});
  }
  return plan;
}

/// Rows of whole numbers that float32 and bfloat16 hold.
at::Tensor rows_on(c10::Device device, std::int64_t first, std::int64_t count) {
  const at::Tensor row =
      at::arange(first, first + count, at::TensorOptions(device).dtype(at::kLong));
  const at::Tensor column = at::arange(width, at::TensorOptions(device).dtype(at::kLong));
  return row.unsqueeze(1).mul(31).add(column).remainder(251).to(at::kDouble);
}

std::vector<double> numbers(const at::Tensor& rows) {
  const at::Tensor host = rows.to(at::kCPU, at::kDouble).contiguous();
  const double* const data = host.const_data_ptr<double>();
  return {data, data + host.numel()};
}

}  // namespace

TEST_CASE("rows of a device arrive whole while it computes on", "[device_queue][needs_device]") {
  const auto device = test::test_device();
  if (!device) return;
  const std::size_t bytes = GENERATE(100U, 3'000'000U, 500'000'000U);
  const test::TempDir folder;
  const std::filesystem::path run = folder.path() / "run";
  shard::RunWriter writer(run, plan_of(3), "{}\n");
  constexpr std::int64_t rows = 1500;
  {
    ShardQueue queue(*device, {.bytes = bytes});
    for (std::int64_t k = 0; k < 3; ++k) {
      queue.begin(writer.begin(k, {.rows = {k == 1 ? 7 : rows}, .finite = true}));
      for (std::int64_t at = 0; at < rows; at += 250) {
        // Each is given up, and its memory written to, as soon as it is pushed.
        at::Tensor some = rows_on(*device, k * rows + at, 250);
        queue.push("double", some);
        at::Tensor single = some.to(at::kFloat);
        queue.push("single", single);
        queue.push("half", some.to(at::kBFloat16).t().contiguous().t());
        some = at::Tensor();
        at::empty({250, width}, at::TensorOptions(*device).dtype(at::kDouble)).fill_(NAN);
        if (at == 500) queue.push("single", rows_on(c10::kCPU, 0, 0).to(at::kFloat));
      }
      std::vector<std::int64_t> keys(rows);
      std::iota(keys.begin(), keys.end(), k * rows);
      queue.push_keys("token", keys);
      queue.end();
    }
    queue.finish();
  }
  CHECK(writer.finish());
  CHECK(shard::verify(run).problems.empty());
  for (std::int64_t k = 0; k < 3; ++k) {
    const std::vector<double> wanted = numbers(rows_on(c10::kCPU, k * rows, rows));
    for (const char* name : {"single", "double"}) {
      const shard::NpyFile file(run / shard::array_file(name, k));
      CHECK((file.read<double>() == wanted));
    }
    const shard::NpyFile half(run / shard::array_file("half", k));
    std::vector<double> bits = half.read<double>();
    for (double& one : bits) {
      one = std::bit_cast<float>(static_cast<std::uint32_t>(one) << 16U);
    }
    CHECK((bits == wanted));
  }
}

}  // namespace phiscope::extract::device_queue_test
