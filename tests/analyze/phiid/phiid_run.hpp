// SPDX-License-Identifier: MIT
#pragma once

#include "shard/npy/writer.hpp"
#include "shard/run_writer.hpp"

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace phiscope::test {

/// Series and tokens of a run of experiment phiid without a model.
struct PhiidRun {
  std::size_t layers = 2;
  std::size_t heads = 3;                          ///< per layer
  std::vector<std::vector<float>> values;         ///< [prompt][step, layer, head]
  std::vector<std::vector<std::int32_t>> tokens;  ///< [prompt][step]
  std::vector<std::int64_t> end_tokens = {0};
  nlohmann::ordered_json options = {};  ///< of the plan, besides end_tokens
  std::size_t prompts_per_shard = 2;

  [[nodiscard]] std::size_t width() const { return layers * heads; }
};

/// Normal deviate that is the same everywhere: a sum of twelve uniform numbers.
inline double deviate(std::mt19937_64& engine) {
  double sum = -6.0;
  for (int i = 0; i < 12; ++i) sum += static_cast<double>(engine() >> 11U) * 0x1p-53;
  return sum;
}

/// Autoregressive series around 10, [step, head], independent of one another.
inline std::vector<double> independent_series(std::uint64_t seed, std::size_t steps,
                                              std::size_t heads, double memory = 0.5) {
  std::mt19937_64 engine(seed);
  std::vector<double> state(heads, 0.0);
  std::vector<double> series;
  for (std::size_t t = 0; t < steps + 20; ++t) {
    for (double& x : state) x = memory * x + deviate(engine);
    if (t < 20) continue;
    for (const double x : state) series.push_back(10.0 + x);
  }
  return series;
}

/// A run with independent series and tokens that never repeat.
inline PhiidRun independent_run(std::size_t prompts, std::size_t steps, std::size_t layers = 2,
                                std::size_t heads = 3) {
  PhiidRun run{.layers = layers, .heads = heads, .values = {}, .tokens = {}};
  for (std::size_t p = 0; p < prompts; ++p) {
    const auto series = independent_series(100 + p, steps, layers * heads);
    run.values.emplace_back(series.begin(), series.end());
    std::vector<std::int32_t>& tokens = run.tokens.emplace_back();
    for (std::size_t t = 0; t < steps; ++t) tokens.push_back(static_cast<std::int32_t>(t + 1));
  }
  return run;
}

inline shard::RunPlan phiid_plan(const PhiidRun& run) {
  shard::RunPlan plan;
  plan.experiment = "phiid";
  const std::size_t per = run.prompts_per_shard;
  plan.shards = static_cast<std::int64_t>((run.values.size() + per - 1) / per);
  std::vector<std::int64_t> layers;
  layers.reserve(run.layers);
  for (std::size_t l = 0; l < run.layers; ++l) layers.push_back(static_cast<std::int64_t>(l));
  plan.arrays = {{.name = "head_norm",
                  .hook = "blocks.{l}.attn.head_norm",
                  .formula = "made up",
                  .row_space = "generated",
                  .encoding = "",
                  .axes = {"row", "layer", "head"},
                  .dtype = shard::Dtype::f4,
                  .layers = layers,
                  .row_shape = {run.layers, run.heads}},
                 {.name = "generated_ids",
                  .hook = "generated_ids",
                  .formula = "made up",
                  .row_space = "generated",
                  .encoding = "",
                  .axes = {"row"},
                  .dtype = shard::Dtype::i4,
                  .layers = {},
                  .row_shape = {}}};
  plan.row_spaces = {{.name = "generated", .key = {"prompt", "step"}}};
  plan.details = {{"version", "synthetic"}, {"options", {{"end_tokens", run.end_tokens}}}};
  if (!run.options.is_null()) plan.details["options"].update(run.options);
  return plan;
}

/// Writes the run. @param keep_shards  commit only that many shards; -1: all, and the manifest
inline void write_phiid_run(const std::filesystem::path& path, const PhiidRun& run,
                            std::int64_t keep_shards = -1) {
  std::string prompts;
  for (std::size_t p = 0; p < run.values.size(); ++p) {
    const nlohmann::ordered_json line = {{"id", "prompt" + std::to_string(p)},
                                         {"text", ""},
                                         {"input_ids", {1, 2}},
                                         {"meta", {{"category", p % 2 == 0 ? "even" : "odd"}}}};
    prompts += line.dump() + "\n";
  }
  const shard::RunPlan plan = phiid_plan(run);
  shard::RunWriter writer(path, plan, prompts, 0, 1);
  for (std::int64_t shard = 0; shard < plan.shards; ++shard) {
    if (keep_shards >= 0 && shard >= keep_shards) break;
    shard::ShardWriter part = writer.begin(shard);
    const std::size_t first = static_cast<std::size_t>(shard) * run.prompts_per_shard;
    for (std::size_t p = first; p < std::min(run.values.size(), first + run.prompts_per_shard);
         ++p) {
      part.append<float>("head_norm", run.values[p]);
      part.append<std::int32_t>("generated_ids", run.tokens[p]);
      for (std::size_t t = 0; t < run.tokens[p].size(); ++t) {
        const std::vector<std::int64_t> key = {static_cast<std::int64_t>(p),
                                               static_cast<std::int64_t>(t)};
        part.append_keys("generated", key);
      }
    }
    part.commit();
  }
  if (keep_shards < 0) writer.finish();
}

}  // namespace phiscope::test
