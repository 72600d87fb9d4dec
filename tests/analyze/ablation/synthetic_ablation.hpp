// SPDX-License-Identifier: MIT
#pragma once

#include "shard/run_writer.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace phiscope::test {

/// A run of experiment ablate without a model: KL is a formula.
struct SyntheticAblation {
  struct Order {
    std::string name;
    std::string kind;
    double power = 1.0;  ///< KL grows with this power of the fraction of heads removed
  };
  std::vector<Order> orders = {{"balance", "ranking", 1.0},
                               {"norm", "baseline", 0.5},
                               {"random:0", "random", 1.5},
                               {"random:1", "random", 2.0},
                               {"random:2", "random", 3.0}};
  std::int64_t layers = 2;
  std::int64_t heads = 8;
  std::vector<std::int64_t> removed = {0, 2, 4, 6, 8};
  std::int64_t prompts = 5;
  nlohmann::ordered_json options = {{"step_size", 2}};  ///< of the plan
  /// KL of (order, heads removed, prompt), in place of the formula.
  std::function<double(std::size_t, std::int64_t, std::int64_t)> kl = nullptr;

  [[nodiscard]] double value(std::size_t order, std::int64_t count, std::int64_t prompt) const {
    if (kl) return kl(order, count, prompt);
    const double fraction = static_cast<double>(count) / static_cast<double>(heads);
    const double noise =
        0.1 * std::sin(static_cast<double>(7 * prompt + 3 * count) + static_cast<double>(order));
    const double bump = fraction * (1.0 - fraction) * noise;
    return 4.0 * (1.0 + 0.25 * static_cast<double>(prompt)) *
           (std::pow(fraction, orders[order].power) + bump);
  }
};

inline shard::RunPlan synthetic_ablation_plan(const SyntheticAblation& options) {
  shard::RunPlan plan;
  plan.experiment = "ablate";
  plan.shards = static_cast<std::int64_t>(options.orders.size() * options.removed.size());
  plan.arrays = {{.name = "kl",
                  .hook = "logits",
                  .formula = "mean over response tokens of KL(intact || ablated)",
                  .row_space = "ablation",
                  .encoding = "",
                  .axes = {"row"},
                  .dtype = shard::Dtype::f8,
                  .layers = {},
                  .row_shape = {}}};
  plan.row_spaces = {{.name = "ablation", .key = {"order", "removed", "prompt"}}};
  nlohmann::ordered_json orders = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < options.orders.size(); ++i) {
    std::vector<std::int64_t> heads;  // begins with another head in every order
    for (std::int64_t h = 0; h < options.heads; ++h) {
      heads.push_back((h + static_cast<std::int64_t>(i)) % options.heads);
    }
    orders.push_back(
        {{"name", options.orders[i].name}, {"kind", options.orders[i].kind}, {"heads", heads}});
    if (options.orders[i].kind == "random-in-layer") orders.back()["of"] = "balance";
  }
  plan.details = {
      {"version", "synthetic"}, {"options", options.options}, {"model", {{"name", "formula"}}},
      {"orders", orders},       {"heads", options.heads},     {"layers", options.layers},
      {"step_size", 2},         {"removed", options.removed}};
  return plan;
}

/// Writes the run, a shard per order and step. @param skip  shards that are not computed; then
/// there is no manifest either. @param plan  another one than synthetic_ablation_plan()
inline void write_synthetic_ablation(const std::filesystem::path& run,
                                     const SyntheticAblation& options,
                                     const std::vector<std::int64_t>& skip = {}) {
  std::string prompts;
  for (std::int64_t prompt = 0; prompt < options.prompts; ++prompt) {
    const nlohmann::ordered_json line = {{"id", "p" + std::to_string(prompt)},
                                         {"text", ""},
                                         {"input_ids", {prompt}},
                                         {"meta", nlohmann::ordered_json::object()}};
    prompts += line.dump() + "\n";
  }
  const shard::RunPlan plan = synthetic_ablation_plan(options);
  shard::RunWriter writer(run, plan, prompts, 0, 1);
  for (std::int64_t shard = 0; shard < plan.shards; ++shard) {
    if (std::find(skip.begin(), skip.end(), shard) != skip.end()) continue;
    shard::ShardWriter part = writer.begin(shard);
    const auto order = static_cast<std::size_t>(shard) / options.removed.size();
    const std::int64_t count =
        options.removed[static_cast<std::size_t>(shard) % options.removed.size()];
    for (std::int64_t prompt = 0; prompt < options.prompts; ++prompt) {
      const std::vector<double> kl = {options.value(order, count, prompt)};
      part.append("kl", std::as_bytes(std::span(kl)));
      const std::vector<std::int64_t> key = {static_cast<std::int64_t>(order), count, prompt};
      part.append_keys("ablation", key);
    }
    part.commit();
  }
  if (skip.empty()) writer.finish();
}

}  // namespace phiscope::test
