// SPDX-License-Identifier: MIT
#include "loo/analysis/measure.hpp"

#include "loo/analysis/counts.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace phiscope::analyze::loo {
namespace {

constexpr double float16_largest = 65504.0;  // largest finite half-precision number

/// The representations of one layer, [word row, unit].
MatrixView<float> layer_of(const WordRows& run, std::size_t layer, std::size_t layers,
                           std::size_t units) {
  const auto values = run.words.empty() ? run.values : run.values.subspan(layer * units);
  return {values, run.words.size(), units, layers * units};
}

PairCounts count(const PairSet& pairs) {
  return {static_cast<std::int64_t>(pairs.cross.size()),
          static_cast<std::int64_t>(pairs.within.size())};
}

/// The pairs of rows whose words are both in `kept`.
PairSet restrict(const PairSet& pairs, std::span<const std::int64_t> words,
                 std::span<const std::int64_t> kept) {
  const auto is_dropped = [words, kept](const Pair& pair) {
    return !std::binary_search(kept.begin(), kept.end(), words[pair.first]) ||
           !std::binary_search(kept.begin(), kept.end(), words[pair.second]);
  };
  PairSet result = pairs;
  std::erase_if(result.cross, is_dropped);
  std::erase_if(result.within, is_dropped);
  return result;
}

std::int64_t overflows(MatrixView<float> rows, const PairSet& pairs) {
  std::int64_t result = 0;
  for (const auto* part : {&pairs.cross, &pairs.within}) {
    for (const double squared : squared_distances(rows, *part)) {
      if (squared > float16_largest) ++result;
    }
  }
  return result;
}

/// Distances between all words of the full context, in every layer.
WordDistances distances_of(const WordRows& full, std::size_t layers, std::size_t units) {
  WordDistances result{.words = full.words, .pairs = {}};
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < full.words.size(); ++i) {
    for (std::size_t j = i + 1; j < full.words.size(); ++j) pairs.push_back({i, j});
  }
  for (std::size_t layer = 0; layer < layers; ++layer) {
    result.pairs.push_back(squared_distances(layer_of(full, layer, layers, units), pairs));
    for (double& distance : result.pairs.back()) distance = std::sqrt(distance);
  }
  return result;
}

WordDistances adjusted(const WordDistances& distances, const std::vector<double>& counts) {
  WordDistances result{.words = distances.words, .pairs = {}};
  for (const auto& layer : distances.pairs) result.pairs.push_back(beyond_counts(layer, counts));
  return result;
}

/// @return  [layer]
std::vector<Value> ratios_of(const WordDistances& distances, const Partition& partition,
                             Cross cross) {
  std::vector<Value> ratios;
  ratios.reserve(distances.pairs.size());
  for (std::size_t layer = 0; layer < distances.pairs.size(); ++layer) {
    ratios.push_back(distance_ratio(distances, layer, partition, cross));
  }
  return ratios;
}

/// The part of the walk's graph between the present words, [word row, word row].
std::vector<double> adjacency_of(const Walk& walk, std::span<const std::int64_t> words,
                                 std::size_t nodes) {
  std::vector<double> adjacency;
  for (const std::int64_t i : words) {
    for (const std::int64_t j : words) {
      adjacency.push_back(
          walk.adjacency[static_cast<std::size_t>(i) * nodes + static_cast<std::size_t>(j)]);
    }
  }
  return adjacency;
}

}  // namespace

std::string_view metric_name(Metric metric) noexcept {
  static constexpr std::array<std::string_view, 4> names = {"ratio", "energy", "cross_dist",
                                                            "within_dist"};
  return names[static_cast<std::size_t>(metric)];
}

std::string_view metric_title(Metric metric) noexcept {
  static constexpr std::array<std::string_view, 4> titles = {"separation ratio", "Dirichlet energy",
                                                             "cross distance", "within distance"};
  return titles[static_cast<std::size_t>(metric)];
}

Value value_of(const ClusterStructure& structure, Metric metric) {
  switch (metric) {
    case Metric::ratio:
      return structure.ratio;
    case Metric::energy:
      return structure.energy;
    case Metric::cross:
      return structure.cross;
    case Metric::within:
      break;
  }
  return structure.within;
}

Value influence(const ClusterStructure& full, const ClusterStructure& without, Metric metric) {
  const Value whole = value_of(full, metric);
  const Value reduced = value_of(without, metric);
  return metric == Metric::energy ? difference(reduced, whole) : difference(whole, reduced);
}

Value quotient(const Value& value, const Value& embedding) {
  const Status reason = first_reason(value.status(), embedding.status());
  if (reason != Status::ok) return reason;
  if (embedding.value() == 0.0) return Status::constant;
  return value.value() / embedding.value();
}

ClusterStructure relative(const ClusterStructure& layer, const ClusterStructure& embedding) {
  return {.ratio = quotient(layer.ratio, embedding.ratio),
          .cross = quotient(layer.cross, embedding.cross),
          .within = quotient(layer.within, embedding.within),
          .energy = quotient(layer.energy, embedding.energy)};
}

ContextMeasures measure_context(const Walk& walk, const Condition& condition,
                                std::span<const WordRows> runs, std::size_t layers,
                                std::size_t units, Cross cross, Sink sink, Occurrence occurrence) {
  const WordRows& full = runs.front();
  const PairSet full_pairs = pair_set(full.words, condition.partition, cross);
  const std::vector<double> adjacency = adjacency_of(walk, full.words, condition.words.size());
  ContextMeasures result;
  result.words = static_cast<std::int64_t>(full.words.size());
  result.pairs = count(full_pairs);
  result.distances = distances_of(full, layers, units);
  result.distances_beyond_counts =
      adjusted(result.distances, occurrences(walk, full.words, sink, occurrence, -1));
  result.ratio_beyond_counts =
      ratios_of(result.distances_beyond_counts, condition.partition, cross);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const MatrixView<float> rows = layer_of(full, layer, layers, units);
    result.full.push_back(cluster_structure(rows, full_pairs));
    result.float16_overflows.push_back(overflows(rows, full_pairs));
    result.graph.push_back(
        graph_energy(rows, MatrixView<double>(adjacency, full.words.size(), full.words.size())));
  }
  for (const WordRows& run : runs.subspan(1)) {
    const PairSet pairs = pair_set(run.words, condition.partition, cross);
    const PairSet full_common = restrict(full_pairs, full.words, run.words);
    const PairSet common = restrict(pairs, run.words, full.words);
    Event event;
    event.position = run.removed;
    event.bridge = walk.bridge[static_cast<std::size_t>(run.removed)];
    event.pairs_without = count(pairs);
    event.pairs_common = count(common);
    for (std::size_t layer = 0; layer < layers; ++layer) {
      const MatrixView<float> rows = layer_of(run, layer, layers, units);
      event.without.push_back(cluster_structure(rows, pairs));
      event.without_common.push_back(common == pairs ? event.without.back()
                                                     : cluster_structure(rows, common));
      event.full_common.push_back(
          full_common == full_pairs
              ? result.full[layer]
              : cluster_structure(layer_of(full, layer, layers, units), full_common));
    }
    const WordDistances distances = distances_of(run, layers, units);
    event.ratio_beyond_counts =
        ratios_of(adjusted(distances, occurrences(walk, run.words, sink, occurrence, run.removed)),
                  condition.partition, cross);
    result.events.push_back(std::move(event));
  }
  return result;
}

}  // namespace phiscope::analyze::loo
