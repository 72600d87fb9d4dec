// SPDX-License-Identifier: MIT
#pragma once

#include "synthetic_run.hpp"

#include <algorithm>

namespace phiscope::test {

/// A run of step sensitivity.
struct SyntheticBranches : SyntheticBase {
  std::vector<std::int64_t> points = {4, 8, 12};
  std::int64_t lookahead = 6;
  std::int64_t window_stride = 2;
  bool to_the_end = true;

  /// Tokens of the greedy text: 20, but 10 for problem 1 and 9 for problem 2.
  [[nodiscard]] std::int64_t tokens(std::int64_t p) const { return p == 1 ? 10 : p == 2 ? 9 : 20; }
  /// Tokens of a branch, the forced one included; problem 3 ends after 3 of them.
  [[nodiscard]] std::int64_t branch_tokens(std::int64_t p, std::int64_t t) const {
    return t >= tokens(p) ? 0 : p == 3 ? 3 : 8;
  }
  [[nodiscard]] std::int64_t window(std::int64_t p, std::int64_t t) const {
    return std::min({tokens(p) - t, branch_tokens(p, t), lookahead});
  }
  /// Of token n, counted in the whole text.
  [[nodiscard]] float latent(std::int64_t p, std::int64_t branch, std::int64_t n,
                             std::int64_t layer, std::int64_t unit) const {
    return static_cast<float>((1.0 + 0.1 * static_cast<double>(n)) *
                              noise({p, branch, n, layer, unit}));
  }
  [[nodiscard]] float log_probability(std::int64_t p, std::int64_t branch,
                                      std::int64_t step) const {
    return static_cast<float>(-1.5 - noise({p, branch, step}) - (branch > 0 && step == 0 ? 1 : 0));
  }
  /// Problem 0 keeps its answer.
  /// A branch of problem 4 gives none.
  [[nodiscard]] std::string text(std::int64_t p, std::int64_t branch) const {
    if (p == 4 && branch == 12) return "planks.";
    return "the answer is " + std::to_string(p == 0 ? 7 : 100 * p + branch);
  }
};

inline SyntheticRun synthetic_branches(const SyntheticBranches& options) {
  SyntheticRun run;
  run.shards = options.shards;
  run.prompts = synthetic_prompts(options);
  run.details = synthetic_details(options, "sensitivity");
  run.details["points"] = options.points;
  run.details["lookahead"] = options.lookahead;
  run.details["window_stride"] = options.window_stride;
  run.details["to_the_end"] = options.to_the_end;
  change_details(options, run.details);
  SyntheticArray<float> latents = latent_array(options);
  SyntheticRows pooled = run.space("pooled", {"problem", "branch", "token"});
  SyntheticRows generated = run.space("generated", {"problem", "branch", "step"});
  SyntheticArray<float> logs{.name = "generated_logprob", .space = "generated"};
  SyntheticArray<std::int32_t> ids{.name = "generated_ids", .space = "generated"};
  logs.values.resize(static_cast<std::size_t>(options.shards));
  ids.values.resize(static_cast<std::size_t>(options.shards));
  for (std::int64_t p = 0; p < static_cast<std::int64_t>(options.problems.size()); ++p) {
    const std::int64_t shard = p % options.shards;
    const auto place = static_cast<std::size_t>(shard);
    const auto add_tokens = [&](std::int64_t branch, std::int64_t count) {
      for (std::int64_t step = 0; step < count; ++step) {
        generated.add(shard, {p, branch, step});
        ids.values[place].push_back(static_cast<std::int32_t>(100 * branch + step));
        logs.values[place].push_back(options.log_probability(p, branch, step));
      }
    };
    const auto add_latents = [&](std::int64_t branch, std::int64_t after, std::int64_t count) {
      for (std::int64_t n = options.window_stride; n <= count; n += options.window_stride) {
        pooled.add(shard, {p, branch, after + n});
        for (const std::int64_t layer : options.layers) {
          for (std::int64_t unit = 0; unit < options.units; ++unit) {
            latents.values[place].push_back(options.latent(p, branch, after + n, layer, unit));
          }
        }
      }
    };
    add_tokens(0, options.tokens(p));
    // The points are multiples of the stride, so the greedy text's compared tokens are as well.
    const std::int64_t first = options.points.front();
    const std::int64_t last =
        std::min(options.tokens(p), options.points.back() + options.lookahead);
    add_latents(0, first, last - first);
    for (const std::int64_t t : options.points) {
      add_tokens(t, options.branch_tokens(p, t));
      add_latents(t, t, std::min(options.branch_tokens(p, t), options.lookahead));
    }
  }
  run.spaces = {pooled, generated};
  run.floats = {latents, logs};
  run.integers = {ids};
  return run;
}

inline void write_branches(const std::filesystem::path& path, const SyntheticBranches& options) {
  synthetic_branches(options).write(path);
  for (std::int64_t p = 0; p < static_cast<std::int64_t>(options.problems.size()); ++p) {
    append_line(path / "generated_texts.jsonl", {{"key", {p, 0}}, {"text", options.text(p, 0)}});
    for (const std::int64_t t : options.points) {
      if (options.branch_tokens(p, t) == 0) continue;
      append_line(path / "generated_texts.jsonl", {{"key", {p, t}}, {"text", options.text(p, t)}});
    }
  }
}

}  // namespace phiscope::test
