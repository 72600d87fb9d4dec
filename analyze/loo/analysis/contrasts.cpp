// SPDX-License-Identifier: MIT
#include "loo/analysis/contrasts.hpp"

#include "program/parallel.hpp"

#include <algorithm>

namespace phiscope::analyze::loo {
namespace {

/// Walks of one condition: [length][walk][layer], with the number that `of` gives.
template <class Of>
std::vector<std::vector<std::vector<Value>>> per_walk(const RunResult& result,
                                                      std::size_t condition, Of of) {
  std::vector<std::vector<std::vector<Value>>> numbers;
  for (const std::int64_t n : result.lengths) {
    numbers.emplace_back();
    for (const ContextMeasures* context : contexts_of(result, condition, n)) {
      std::vector<Value> layers;
      layers.reserve(result.info.layers.size());
      for (std::size_t layer = 0; layer < result.info.layers.size(); ++layer) {
        layers.push_back(of(*context, layer));
      }
      numbers.back().push_back(std::move(layers));
    }
  }
  return numbers;
}

void put(const std::vector<PairedCell>& cells, std::size_t family, std::vector<PairedCell>& grid) {
  std::copy(cells.begin(), cells.end(),
            grid.begin() + static_cast<std::ptrdiff_t>(family * cells.size()));
}

void add_bridge_anchor(RunResult& result, const Options& options,
                       const BootstrapOptions& bootstrap) {
  const std::size_t layers = result.info.layers.size();
  const std::size_t families = result.info.conditions.size() * anchor_choices * metrics.size();
  result.bridge_anchor.resize(families * result.lengths.size() * layers);
  for_each_tile(families, options.threads, [&](std::size_t family) {
    const Metric metric = metrics[family % metrics.size()];
    const auto anchors = static_cast<Anchors>(family / metrics.size() % anchor_choices);
    const auto differences = per_walk(result, family / metrics.size() / anchor_choices,
                                      [&](const ContextMeasures& context, std::size_t layer) {
                                        return bridge_minus_anchor(context, layer, anchors, metric);
                                      });
    put(test_pairs(differences, layers, bootstrap), family, result.bridge_anchor);
  });
}

void add_mixing(RunResult& result, const Options& options, const BootstrapOptions& bootstrap) {
  if (!result.has_embedding()) return;
  const std::size_t conditions = result.info.conditions.size();
  const std::size_t layers = result.info.layers.size();
  for (std::size_t condition = 0; condition < conditions; ++condition) {
    for (const std::int64_t n : result.lengths) {
      std::vector<Value> ratios;
      std::vector<Value> relative;
      std::vector<std::int64_t> walks;
      for (const ContextMeasures* context : contexts_of(result, condition, n)) {
        ratios.push_back(context->mixing.ratio);
        relative.push_back(quotient(context->mixing.ratio, context->mixing.embedding));
        walks.push_back(static_cast<std::int64_t>(context->walk));
      }
      result.mixing.push_back(aggregate(ratios, walks, bootstrap));
      result.mixing.push_back(aggregate(relative, walks, bootstrap));
    }
  }
  result.above_mixing.resize(conditions * result.lengths.size() * layers);
  for_each_tile(conditions, options.threads, [&](std::size_t condition) {
    const auto differences =
        per_walk(result, condition, [](const ContextMeasures& context, std::size_t layer) {
          return difference(context.full[layer].ratio, context.mixing.ratio);
        });
    put(test_pairs(differences, layers, bootstrap), condition, result.above_mixing);
  });
}

/// Mean influence on the ratio beyond counts, bridges less anchors, in one walk.
Value bridge_minus_anchor_beyond_counts(const ContextMeasures& context, std::size_t layer) {
  std::vector<double> of_bridges;
  std::vector<double> of_anchors;
  for (const Event& event : context.events) {
    const Value found =
        difference(context.ratio_beyond_counts[layer], event.ratio_beyond_counts[layer]);
    if (found.ok()) (event.bridge ? of_bridges : of_anchors).push_back(found.value());
  }
  if (of_bridges.empty() || of_anchors.empty()) return Status::too_few_rows;
  return mean_of(of_bridges) - mean_of(of_anchors);
}

void add_bridge_anchor_beyond_counts(RunResult& result, const BootstrapOptions& bootstrap) {
  const std::size_t layers = result.info.layers.size();
  const std::size_t conditions = result.info.conditions.size();
  result.bridge_anchor_beyond_counts.resize(conditions * result.lengths.size() * layers);
  for (std::size_t condition = 0; condition < conditions; ++condition) {
    put(test_pairs(per_walk(result, condition, bridge_minus_anchor_beyond_counts), layers,
                   bootstrap),
        condition, result.bridge_anchor_beyond_counts);
  }
}

/// @param of  the distances of a context that are permuted
void add_labels(RunResult& result, const Options& options, WordDistances ContextMeasures::*of,
                std::vector<LabelTest>& grid) {
  const std::size_t layers = result.info.layers.size();
  const std::size_t lengths = result.lengths.size();
  grid.resize(result.info.conditions.size() * lengths * layers);
  for_each_tile(result.info.conditions.size() * lengths, options.threads, [&](std::size_t tile) {
    const std::size_t condition = tile / lengths;
    std::vector<const WordDistances*> distances;
    for (const auto* context : contexts_of(result, condition, result.lengths[tile % lengths])) {
      distances.push_back(&(context->*of));
    }
    const auto tests = test_labels(result.info.conditions[condition].partition, distances, layers,
                                   options.cross, options.seed);
    std::copy(tests.begin(), tests.end(),
              grid.begin() + static_cast<std::ptrdiff_t>(tile * layers));
  });
}

}  // namespace

std::vector<const ContextMeasures*> contexts_of(const RunResult& result, std::size_t condition,
                                                std::int64_t n) {
  std::vector<const ContextMeasures*> chosen;
  for (const ContextMeasures& context : result.contexts) {
    const Walk& walk = result.info.walks[context.walk];
    if (walk.condition == condition && (n == 0 || walk.n == n)) chosen.push_back(&context);
  }
  return chosen;
}

Value bridge_minus_anchor(const ContextMeasures& context, std::size_t layer, Anchors anchors,
                          Metric metric) {
  CompensatedSum bridge_sum;
  CompensatedSum anchor_sum;
  double bridges = 0.0;
  double others = 0.0;
  for (const Event& event : context.events) {
    if (anchors == Anchors::without_first && event.position == 0) continue;
    const Value found = influence(context.full[layer], event.without[layer], metric);
    if (!found.ok()) continue;
    (event.bridge ? bridge_sum : anchor_sum) += found.value();
    (event.bridge ? bridges : others) += 1.0;
  }
  if (bridges == 0.0 || others == 0.0) return Status::too_few_rows;
  return bridge_sum.value() / bridges - anchor_sum.value() / others;
}

void add_contrasts(RunResult& result, const Options& options) {
  const BootstrapOptions bootstrap{
      .resamples = options.resamples, .seed = options.seed, .covers = "walks"};
  add_bridge_anchor(result, options, bootstrap);
  add_mixing(result, options, bootstrap);
  add_bridge_anchor_beyond_counts(result, bootstrap);
  add_labels(result, options, &ContextMeasures::distances, result.labels);
  add_labels(result, options, &ContextMeasures::distances_beyond_counts,
             result.labels_beyond_counts);
}

}  // namespace phiscope::analyze::loo
