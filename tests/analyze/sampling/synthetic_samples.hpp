// SPDX-License-Identifier: MIT
#pragma once

#include "synthetic_run.hpp"

#include <algorithm>
#include <functional>
#include <optional>

namespace phiscope::test {

/// A run of step variance or clustering, whose latents, lengths and texts are formulas.
struct SyntheticSamples : SyntheticBase {
  std::string step = "variance";
  std::vector<double> temperatures = {0.0, 0.5, 1.0};
  std::int64_t samples = 4;
  std::vector<std::int64_t> checkpoints = {1, 4, 8};
  bool from_file = false;
  std::int64_t window = 0;  ///< above 0: rows are single tokens, numbers in place of a checkpoint
  /// Replaces of the formulas, (problem, temperature, sample).
  std::function<std::int64_t(std::int64_t, std::int64_t, std::int64_t)> length = nullptr;
  std::function<std::string(std::int64_t, std::int64_t, std::int64_t)> said = nullptr;
  /// (problem, temperature, sample, layer, unit)
  std::function<double(std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t)>
      place = nullptr;

  [[nodiscard]] std::int64_t count(std::int64_t t) const {
    return temperatures[static_cast<std::size_t>(t)] == 0.0 && !from_file ? 1 : samples;
  }
  /// Sample 3 of every problem ends after 5 tokens, sample 2 of problem 1 after 1.
  [[nodiscard]] std::int64_t tokens(std::int64_t p, std::int64_t t, std::int64_t s) const {
    if (length) return length(p, t, s);
    if (p == 1 && s == 2) return 1;
    return s == 3 ? 5 : 16;
  }
  /// The right answer but for odd samples of even problems.
  [[nodiscard]] std::string text(std::int64_t p, std::int64_t t, std::int64_t s) const {
    if (said) return said(p, t, s);
    const bool is_right = p % 2 == 1 || s % 2 == 0;
    return "s" + std::to_string(s) + ": \\boxed{" + std::to_string(p + (is_right ? 1 : 50)) + "}";
  }
  [[nodiscard]] float latent(std::int64_t p, std::int64_t t, std::int64_t s, std::int64_t c,
                             std::int64_t layer, std::int64_t unit) const {
    if (place) return static_cast<float>(place(p, t, s, layer, unit));
    const double heat = temperatures[static_cast<std::size_t>(t)] + 0.25;
    return static_cast<float>(noise({p, layer, unit}) + heat * (1.0 + static_cast<double>(layer)) /
                                                            (1.0 + static_cast<double>(c)) *
                                                            noise({p, t, s, layer, unit}));
  }
  /// Is there a latent? Tokens stride, 2 stride, ... are pooled.
  [[nodiscard]] bool has_latent(std::int64_t p, std::int64_t t, std::int64_t s,
                                std::int64_t c) const {
    return std::min(checkpoints[static_cast<std::size_t>(c)], tokens(p, t, s)) >= stride;
  }
};

inline SyntheticRun synthetic_samples(const SyntheticSamples& options) {
  SyntheticRun run;
  run.shards = options.shards;
  run.prompts = synthetic_prompts(options);
  run.details = synthetic_details(options, options.step);
  run.details["temperatures"] = options.temperatures;
  run.details["samples"] = options.samples;
  run.details["checkpoints"] = options.checkpoints;
  if (options.from_file) run.details["texts"] = "solutions.jsonl";
  if (options.window > 0) run.details["pooling_window"] = options.window;
  change_details(options, run.details);
  SyntheticArray<float> latents = latent_array(options);
  SyntheticRows pooled = run.space(
      "pooled", {"problem", "temperature", "sample", options.window > 0 ? "token" : "checkpoint"});
  SyntheticRows generated = run.space("generated", {"problem", "temperature", "sample", "step"});
  const auto problems = static_cast<std::int64_t>(options.problems.size());
  const auto temperatures = static_cast<std::int64_t>(options.temperatures.size());
  const auto checkpoints = static_cast<std::int64_t>(options.checkpoints.size());
  SyntheticArray<std::int32_t> ids{.name = "generated_ids", .space = "generated"};
  ids.values.resize(static_cast<std::size_t>(options.shards));
  for (std::int64_t p = 0; p < problems; ++p) {
    const std::int64_t shard = p % options.shards;
    auto& values = latents.values[static_cast<std::size_t>(shard)];
    for (std::int64_t t = 0; t < temperatures; ++t) {
      for (std::int64_t s = 0; s < options.count(t); ++s) {
        const std::int64_t last = std::min(options.checkpoints.back(), options.tokens(p, t, s));
        for (std::int64_t n = options.stride; options.window > 0 && n <= last;
             n += options.stride) {
          pooled.add(shard, {p, t, s, n});
          for (const std::int64_t layer : options.layers) {
            for (std::int64_t unit = 0; unit < options.units; ++unit) {
              values.push_back(options.latent(p, t, s, n, layer, unit));
            }
          }
        }
        for (std::int64_t c = 0; c < checkpoints && options.window == 0; ++c) {
          if (!options.has_latent(p, t, s, c)) continue;
          pooled.add(shard, {p, t, s, options.checkpoints[static_cast<std::size_t>(c)]});
          for (const std::int64_t layer : options.layers) {
            for (std::int64_t unit = 0; unit < options.units; ++unit) {
              values.push_back(options.latent(p, t, s, c, layer, unit));
            }
          }
        }
        for (std::int64_t step = 0; step < options.tokens(p, t, s) && !options.from_file; ++step) {
          generated.add(shard, {p, t, s, step});
          ids.values[static_cast<std::size_t>(shard)].push_back(static_cast<std::int32_t>(step));
        }
      }
    }
  }
  run.spaces = {pooled, generated};
  run.floats = {latents};
  run.integers = {ids};
  if (options.from_file) {
    run.spaces.pop_back();
    run.integers.clear();
  }
  return run;
}

/// Writes the run. @param finish  false: without its last shard
inline void write_samples(const std::filesystem::path& path, const SyntheticSamples& options,
                          bool finish = true) {
  synthetic_samples(options).write(path, finish);
  const auto problems = static_cast<std::int64_t>(options.problems.size());
  for (std::int64_t p = 0; p < problems; ++p) {
    if (!finish && p % options.shards == options.shards - 1) continue;
    for (std::int64_t t = 0; t < static_cast<std::int64_t>(options.temperatures.size()); ++t) {
      for (std::int64_t s = 0; s < options.count(t); ++s) {
        Json line = {{"key", {p, t, s}}, {"text", options.text(p, t, s)}};
        if (options.from_file) line["tokens"] = options.tokens(p, t, s);
        append_line(path / (options.from_file ? "texts.jsonl" : "generated_texts.jsonl"), line);
      }
    }
  }
}

}  // namespace phiscope::test
