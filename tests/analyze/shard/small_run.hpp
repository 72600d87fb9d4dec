// SPDX-License-Identifier: MIT
#pragma once

#include "shard/run_writer.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::test {

/// A plan of 5 shards: x [row, layer, unit] of f4 and ids [row] of i4 in row space w, bits [row,
/// unit] of bf16 in row space v.
inline shard::RunPlan small_plan(int seed = 1) {
  using shard::Dtype;
  shard::RunPlan plan;
  plan.experiment = "small";
  plan.shards = 5;
  plan.arrays = {{.name = "x",
                  .hook = "blocks.{l}.hook_resid_post",
                  .formula = "the residual stream",
                  .row_space = "w",
                  .encoding = "",
                  .axes = {"row", "layer", "unit"},
                  .dtype = Dtype::f4,
                  .layers = {-1, 0},
                  .row_shape = {2, 3}},
                 {.name = "ids",
                  .hook = "",
                  .formula = "",
                  .row_space = "w",
                  .encoding = "",
                  .axes = {"row"},
                  .dtype = Dtype::i4,
                  .layers = {},
                  .row_shape = {}},
                 {.name = "bits",
                  .hook = "",
                  .formula = "",
                  .row_space = "v",
                  .encoding = "bf16",
                  .axes = {"row", "unit"},
                  .dtype = Dtype::u2,
                  .layers = {},
                  .row_shape = {2}}};
  plan.row_spaces = {{.name = "w", .key = {"prompt", "position"}},
                     {.name = "v", .key = {"prompt"}}};
  plan.details["version"] = "0.1.0";
  plan.details["options"] = {{"seed", seed}, {"sink", "drop"}, {"scale", 0.1}};
  return plan;
}

inline std::string small_prompts() {
  return "{\"id\":\"a\",\"input_ids\":[1,2]}\n{\"id\":\"b\",\"input_ids\":[3]}\n";
}

/// Rows of shard k: k + 2 in w, 1 in v; x counts from 100 k.
inline void fill_small_shard(shard::ShardWriter& writer, std::int64_t k) {
  for (std::int64_t row = 0; row < k + 2; ++row) {
    std::vector<float> x(6);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<float>(100 * k + 6 * row) + static_cast<float>(i);
    }
    writer.append<float>("x", x);
    writer.append<std::int32_t>("ids", std::vector<std::int32_t>{static_cast<std::int32_t>(row)});
    writer.append_keys("w", std::vector<std::int64_t>{k, row});
  }
  writer.append<std::uint16_t>("bits", std::vector<std::uint16_t>{0x3F80, 0xC020});
  writer.append_keys("v", std::vector<std::int64_t>{k});
}

/// Writes one shard and its commit.
inline void write_small_shard(shard::RunWriter& run, std::int64_t k) {
  shard::ShardWriter writer = run.begin(k);
  fill_small_shard(writer, k);
  writer.commit();
}

/// Writes, or continues, the whole run.
inline void write_small_run(const std::filesystem::path& path, std::int64_t task = 0,
                            std::int64_t tasks = 1) {
  shard::RunWriter run(path, small_plan(), small_prompts(), task, tasks);
  for (const std::int64_t k : run.open_shards()) write_small_shard(run, k);
  run.finish();
}

}  // namespace phiscope::test
