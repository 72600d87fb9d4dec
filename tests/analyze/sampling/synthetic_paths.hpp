// SPDX-License-Identifier: MIT
#pragma once

#include "synthetic_run.hpp"

#include <functional>

namespace phiscope::test {

/// A run of step manifold.
struct SyntheticPaths : SyntheticBase {
  /// The key of a latent that is not there: path, window of a problem.
  std::function<bool(std::int64_t, std::int64_t, std::int64_t)> leave_out = nullptr;
  std::int64_t pooling_window =
      0;                     ///< above 0: rows are single tokens, 9 of path 0 and 1, 12 of path 2
  double forced_gain = 0.5;  ///< how much nearer the forced solution is than the greedy one

  /// Path 0 is around the origin, 1 far out, 2 between; window 1 nearer than window 0.
  [[nodiscard]] float latent(std::int64_t p, std::int64_t path, std::int64_t window,
                             std::int64_t layer, std::int64_t unit) const {
    const double away = path == 0   ? 0.0
                        : path == 1 ? 3.0
                                    : 3.0 - forced_gain * (window == 0 ? 1.0 : 2.0);
    return static_cast<float>(noise({p, layer, unit}) +
                              away * (2.0 + noise({p, path, layer, unit, 7})) +
                              0.5 * noise({p, path, window, layer, unit}));
  }
};

inline SyntheticRun synthetic_paths(const SyntheticPaths& options) {
  SyntheticRun run;
  run.shards = options.shards;
  run.prompts = synthetic_prompts(options);
  run.details = synthetic_details(options, "manifold");
  Json prefix = Json::array();
  Json oracle = Json::array();
  for (std::size_t p = 0; p < options.problems.size(); ++p) {
    prefix.push_back(3 + p);
    oracle.push_back(10 + 3 * p);
  }
  run.details["prefix"] = {{"share", 0.3}, {"tokens", prefix}};
  run.details["oracle_tokens"] = oracle;
  if (options.pooling_window > 0) run.details["pooling_window"] = options.pooling_window;
  change_details(options, run.details);
  SyntheticArray<float> latents = latent_array(options);
  SyntheticRows& pooled =
      run.space("pooled", {"problem", "path", options.pooling_window > 0 ? "token" : "window"});
  for (std::int64_t p = 0; p < static_cast<std::int64_t>(options.problems.size()); ++p) {
    for (std::int64_t path = 0; path < 3; ++path) {
      const std::int64_t tokens = path == 2 ? 12 : 9;
      std::vector<std::int64_t> rows{0};
      if (path == 2) rows.push_back(1);
      if (options.pooling_window > 0) rows.clear();
      for (std::int64_t n = options.stride; options.pooling_window > 0 && n <= tokens;
           n += options.stride) {
        rows.push_back(n);
      }
      for (const std::int64_t window : rows) {
        if (options.leave_out && options.leave_out(p, path, window)) continue;
        pooled.add(p % options.shards, {p, path, window});
        for (const std::int64_t layer : options.layers) {
          for (std::int64_t unit = 0; unit < options.units; ++unit) {
            latents.values[static_cast<std::size_t>(p % options.shards)].push_back(
                options.latent(p, path, window, layer, unit));
          }
        }
      }
    }
  }
  run.floats = {latents};
  return run;
}

}  // namespace phiscope::test
