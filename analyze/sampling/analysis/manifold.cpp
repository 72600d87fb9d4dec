// SPDX-License-Identifier: MIT
#include "sampling/analysis/manifold.hpp"

#include "program/parallel.hpp"

#include <phiscope/distance.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/wilson_interval.hpp>

namespace phiscope::analyze::sampling {
namespace {

/// Distance of two latents at a layer; too_short where one of them has no token.
Value apart(const Paths& run, const std::optional<RowPlace>& a, const std::optional<RowPlace>& b,
            std::size_t layer) {
  if (!a || !b) return Status::too_short;
  return distance(run.latents.at(*a, layer), run.latents.at(*b, layer));
}

/// Mean distance of a problem's greedy solution to those of the others.
Value to_others(const Paths& run, std::size_t problem, std::size_t layer) {
  if (!run.problems[problem].local) return Status::too_short;
  std::vector<double> distances;
  distances.reserve(run.problems.size());
  for (std::size_t other = 0; other < run.problems.size(); ++other) {
    if (other == problem) continue;
    const Value value = apart(run, run.problems[problem].local, run.problems[other].local, layer);
    if (value.ok()) distances.push_back(value.value());
    if (value.status() == Status::nonfinite) return value;
  }
  if (distances.empty()) return Status::no_pairs;
  return mean_of(distances);
}

Aparts measure_paths(const Paths& run, std::size_t problem, std::size_t layer) {
  const ProblemPaths& paths = run.problems[problem];
  const Value local = apart(run, paths.local, paths.oracle, layer);
  const Value drift = apart(run, paths.after_prefix, paths.oracle, layer);
  const Value drift_all = apart(run, paths.forced, paths.oracle, layer);
  return {local,
          drift,
          drift_all,
          to_others(run, problem, layer),
          difference(local, drift),
          difference(local, drift_all)};
}

std::vector<Value> column(const Manifold& result, std::size_t layer, Apart apart) {
  std::vector<Value> values;
  values.reserve(result.measured.size());
  for (std::size_t p = 0; p < result.measured.size(); ++p) {
    values.push_back(result.at(p, layer, apart));
  }
  return values;
}

}  // namespace

std::string_view apart_name(Apart apart) noexcept {
  constexpr std::array<std::string_view, apart_count> names = {
      "distance", "drift", "drift_all", "reference", "improvement", "improvement_all"};
  return names[static_cast<std::size_t>(apart)];
}

Estimate share_improved(const std::vector<Value>& distances, const std::vector<Value>& drifts) {
  std::size_t all = 0;
  std::size_t improved = 0;
  for (std::size_t p = 0; p < distances.size(); ++p) {
    const Value gain = difference(distances[p], drifts[p]);
    if (!gain.ok()) continue;
    ++all;
    improved += gain.value() > 0.0 ? 1U : 0U;
  }
  return wilson_interval(improved, all, {.covers = "problems"});
}

Manifold analyze_manifold(Paths run, const Options& options) {
  Manifold result;
  result.run = std::move(run);
  result.label = result.run.info.name;
  const std::size_t problems = result.run.problems.size();
  const std::size_t layers = result.run.info.layers.size();
  result.measured.resize(problems);
  for_each_tile(problems, options.threads, [&](std::size_t p) {
    result.measured[p].reserve(layers);
    for (std::size_t layer = 0; layer < layers; ++layer) {
      result.measured[p].push_back(measure_paths(result.run, p, layer));
    }
  });
  std::vector<std::vector<Value>> gains(problems);
  for (std::size_t p = 0; p < problems; ++p) {
    gains[p].reserve(layers);
    for (std::size_t layer = 0; layer < layers; ++layer) {
      gains[p].push_back(result.at(p, layer, Apart::improvement));
    }
  }
  const std::vector<LayerTest> tests = test_layers(gains, layers, options);
  result.layers.resize(layers);
  for_each_tile(layers, options.threads, [&](std::size_t layer) {
    ManifoldLayer& each = result.layers[layer];
    for (const Apart what : all_aparts()) {
      each.means[static_cast<std::size_t>(what)] = cell_of(column(result, layer, what), options);
    }
    each.improved =
        share_improved(column(result, layer, Apart::distance), column(result, layer, Apart::drift));
    each.test = tests[layer];
  });
  return result;
}

}  // namespace phiscope::analyze::sampling
