// SPDX-License-Identifier: MIT
#pragma once

#include "shard/run_writer.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace phiscope::test {

/// A run of experiment loo without a model: representations are made from a formula.
struct SyntheticRun {
  std::string sink = "keep";
  std::vector<std::string> conditions = {"semantic", "unrelated"};
  std::vector<std::int64_t> lengths = {6, 10, 20};
  std::int64_t trials = 3;
  std::vector<std::int64_t> layers = {-1, 0, 1};
  std::size_t units = 8;
  std::int64_t contexts_per_shard = 4;
  double sink_size = 30.0;  ///< length of what position 0 adds in every layer but the embedding
};

namespace detail {

struct SyntheticContext {
  std::int64_t condition = 0;
  std::int64_t n = 0;
  std::int64_t trial = 0;
  std::vector<std::int64_t> nodes;
  std::vector<std::int64_t> removed;
  std::vector<std::int64_t> bridge;
  std::vector<std::vector<int>> adjacency;
};

/// A ring through all words, cliques in the clusters 0-3, 4-7, 8-11, and a random walk on both.
inline SyntheticContext synthetic_context(std::int64_t condition, std::int64_t n,
                                          std::int64_t trial) {
  SyntheticContext context{.condition = condition,
                           .n = n,
                           .trial = trial,
                           .nodes = {},
                           .removed = {},
                           .bridge = {},
                           .adjacency = std::vector(12, std::vector<int>(12, 0))};
  for (std::size_t i = 0; i < 12; ++i) {
    for (std::size_t j = 0; j < 12; ++j) {
      const bool joined = i != j && (i / 4 == j / 4 || (i + 1) % 12 == j || (j + 1) % 12 == i);
      context.adjacency[i][j] = joined ? 1 : 0;
    }
  }
  std::mt19937_64 engine(static_cast<std::uint64_t>(1000 * n + trial));  // both conditions alike
  context.nodes.push_back(static_cast<std::int64_t>(engine() % 12));
  while (static_cast<std::int64_t>(context.nodes.size()) < n) {
    const auto next = static_cast<std::int64_t>(engine() % 12);
    const auto from = static_cast<std::size_t>(context.nodes.back());
    if (context.adjacency[from][static_cast<std::size_t>(next)] == 0) continue;
    if (next / 4 != context.nodes.back() / 4) {
      context.bridge.push_back(static_cast<std::int64_t>(context.nodes.size()));
    }
    context.nodes.push_back(next);
  }
  for (std::int64_t p = 0; p<n; p += n> 20 ? n / 10 : 1) context.removed.push_back(p);
  return context;
}

/// Pseudo-random number in [-1, 1) that depends on its arguments alone.
inline double noise(std::int64_t a, std::int64_t b, std::int64_t c) {
  std::mt19937_64 engine(static_cast<std::uint64_t>(a * 1000003 + b * 1009 + c));
  return static_cast<double>(engine() >> 11U) * 0x1p-52 - 1.0;
}

/// Unit `unit` of the token at `position` in layer index `layer`.
inline double activation(const SyntheticRun& options, const SyntheticContext& context,
                         std::int64_t word, std::int64_t position, std::size_t layer,
                         std::int64_t unit) {
  double value = noise(word + 100 * context.condition, unit, 1);
  if (layer == 0 && options.layers.front() == -1) return value;
  const auto depth = static_cast<double>(layer);
  const double learned = static_cast<double>(position) / static_cast<double>(position + 20);
  value += 0.25 * depth * learned * noise(word / 4, unit, 2);
  value += 0.1 * noise(word + 1000 * position, unit, static_cast<std::int64_t>(layer) + 3);
  if (position == 0) value += options.sink_size * noise(0, unit, 99);
  return value;
}

/// Representations of one run of the model: word -> [layer, unit], means over occurrences.
inline std::map<std::int64_t, std::vector<float>> representations(const SyntheticRun& options,
                                                                  const SyntheticContext& context,
                                                                  std::int64_t removed) {
  std::vector<std::int64_t> nodes = context.nodes;
  if (removed >= 0) nodes.erase(nodes.begin() + removed);
  std::map<std::int64_t, std::vector<double>> sums;
  std::map<std::int64_t, double> counts;
  for (std::size_t i = options.sink == "drop" ? 1 : 0; i < nodes.size(); ++i) {
    auto& sum = sums[nodes[i]];
    sum.resize(options.layers.size() * options.units);
    counts[nodes[i]] += 1.0;
    for (std::size_t k = 0; k < sum.size(); ++k) {
      sum[k] += activation(options, context, nodes[i], static_cast<std::int64_t>(i),
                           k / options.units, static_cast<std::int64_t>(k % options.units));
    }
  }
  std::map<std::int64_t, std::vector<float>> result;
  for (const auto& [word, sum] : sums) {
    for (const double value : sum) result[word].push_back(static_cast<float>(value / counts[word]));
  }
  return result;
}

inline nlohmann::ordered_json synthetic_details(const SyntheticRun& options) {
  nlohmann::ordered_json conditions = nlohmann::ordered_json::array();
  for (const std::string& name : options.conditions) {
    nlohmann::ordered_json condition = {{"name", name}};
    for (int word = 0; word < 12; ++word) {
      condition["words"].push_back(name + std::to_string(word));
      condition["cluster"].push_back(word / 4);
      condition["group"].push_back(word % 4);
    }
    conditions.push_back(condition);
  }
  return {{"version", "synthetic"},
          {"options",
           {{"context_lengths", options.lengths},
            {"n_trials", options.trials},
            {"conditions", options.conditions},
            {"sink", options.sink},
            {"occurrence", "mean"}}},
          {"model", {{"family", "none"}, {"name", "formula"}}},
          {"loo", {{"conditions", conditions}}}};
}

}  // namespace detail

/// Writes the run. @param keep_shards  commit only that many shards; -1: all, and the manifest
inline void write_synthetic_run(const std::filesystem::path& run, const SyntheticRun& options,
                                std::int64_t keep_shards = -1) {
  std::vector<detail::SyntheticContext> contexts;
  for (std::size_t c = 0; c < options.conditions.size(); ++c) {
    for (const std::int64_t n : options.lengths) {
      for (std::int64_t trial = 0; trial < options.trials; ++trial) {
        contexts.push_back(detail::synthetic_context(static_cast<std::int64_t>(c), n, trial));
      }
    }
  }
  std::string prompts;
  for (const auto& context : contexts) {
    const std::string& condition = options.conditions[static_cast<std::size_t>(context.condition)];
    const nlohmann::ordered_json line = {{"id", condition + "/n" + std::to_string(context.n) +
                                                    "/trial" + std::to_string(context.trial)},
                                         {"text", ""},
                                         {"input_ids", context.nodes},
                                         {"meta",
                                          {{"condition", condition},
                                           {"n", context.n},
                                           {"trial", context.trial},
                                           {"seed", 0},
                                           {"nodes", context.nodes},
                                           {"removed", context.removed},
                                           {"bridge", context.bridge},
                                           {"adjacency", context.adjacency}}}};
    prompts += line.dump() + "\n";
  }
  const auto per_shard = static_cast<std::size_t>(options.contexts_per_shard);
  shard::RunPlan plan;
  plan.experiment = "loo";
  plan.shards = static_cast<std::int64_t>((contexts.size() + per_shard - 1) / per_shard);
  plan.arrays = {{.name = "word_rep",
                  .hook = "hook_resid_post",
                  .formula = "synthetic",
                  .row_space = "word",
                  .encoding = "",
                  .axes = {"row", "layer", "unit"},
                  .dtype = shard::Dtype::f4,
                  .layers = options.layers,
                  .row_shape = {options.layers.size(), options.units}}};
  plan.row_spaces = {{.name = "word", .key = {"condition", "n", "trial", "removed", "word"}}};
  plan.details = detail::synthetic_details(options);

  shard::RunWriter writer(run, plan, prompts, 0, 1);
  for (std::int64_t shard = 0; shard < plan.shards; ++shard) {
    if (keep_shards >= 0 && shard >= keep_shards) break;
    shard::ShardWriter part = writer.begin(shard);
    for (std::size_t i = static_cast<std::size_t>(shard) * per_shard;
         i < std::min(contexts.size(), static_cast<std::size_t>(shard + 1) * per_shard); ++i) {
      std::vector<std::int64_t> removals = {-1};
      removals.insert(removals.end(), contexts[i].removed.begin(), contexts[i].removed.end());
      for (const std::int64_t removed : removals) {
        for (const auto& [word, values] : detail::representations(options, contexts[i], removed)) {
          part.append("word_rep", std::as_bytes(std::span(values)));
          const std::vector<std::int64_t> key = {contexts[i].condition, contexts[i].n,
                                                 contexts[i].trial, removed, word};
          part.append_keys("word", key);
        }
      }
    }
    part.commit();
  }
  if (keep_shards < 0) writer.finish();
}

}  // namespace phiscope::test
