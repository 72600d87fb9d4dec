// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis/label_test.hpp"
#include "loo/analysis/mixing.hpp"
#include "loo/analysis/run.hpp"

#include <phiscope/cluster_structure.hpp>
#include <phiscope/dirichlet_energy.hpp>

#include <array>
#include <string_view>

namespace phiscope::analyze::loo {

/// The metrics of structure that the experiment follows.
enum class Metric { ratio, energy, cross, within };
inline constexpr std::array<Metric, 4> metrics = {Metric::ratio, Metric::energy, Metric::cross,
                                                  Metric::within};

/// "ratio", "energy", "cross_dist", "within_dist"; with "_influence" appended, the published names.
[[nodiscard]] std::string_view metric_name(Metric metric) noexcept;

/// "ratio", "Dirichlet energy", "cross distance", "within distance": for titles.
[[nodiscard]] std::string_view metric_title(Metric metric) noexcept;

/// One metric out of the four.
[[nodiscard]] Value value_of(const ClusterStructure& structure, Metric metric);

/// Influence of a position: ratio and distances full - without, energy without - full, so that a
/// positive ratio or energy influence means that leaving the position out hurts structure.
[[nodiscard]] Value influence(const ClusterStructure& full, const ClusterStructure& without,
                              Metric metric);

/// `value / embedding`; undefined when one of them is, `constant` when the embedding's is 0.
[[nodiscard]] Value quotient(const Value& value, const Value& embedding);

/// Every metric divided by its value in the embedding layer.
[[nodiscard]] ClusterStructure relative(const ClusterStructure& layer,
                                        const ClusterStructure& embedding);

/// Numbers of pairs that a metric averages over.
struct PairCounts {
  std::int64_t cross = 0;
  std::int64_t within = 0;
};

/// One position left out of a context.
struct Event {
  std::int64_t position = 0;
  bool bridge = false;
  PairCounts pairs_without;
  PairCounts pairs_common;
  std::vector<ClusterStructure> without;         ///< [layer], own pairs
  std::vector<ClusterStructure> full_common;     ///< [layer], pairs present in both
  std::vector<ClusterStructure> without_common;  ///< [layer]
  std::vector<Value> ratio_beyond_counts;        ///< [layer], own pairs, see beyond_counts()
};

/// Everything measured on one context.
struct ContextMeasures {
  std::size_t walk = 0;  ///< index into RunInfo::walks
  std::int64_t words = 0;
  PairCounts pairs;
  std::vector<ClusterStructure> full;           ///< [layer]
  std::vector<GraphEnergy> graph;               ///< [layer], on the walk's graph of present words
  std::vector<std::int64_t> float16_overflows;  ///< [layer], see measure_context()
  std::vector<Event> events;                    ///< in the order of Walk::removed
  WordDistances distances;                      ///< of the full context
  WordDistances distances_beyond_counts;        ///< the same, see beyond_counts()
  std::vector<Value> ratio_beyond_counts;       ///< [layer], of the full context
  Mixing mixing;                                ///< too_few_rows without an embedding layer
};

/// Measures the full context and the context without each tested position, in every layer.
///
/// float16_overflows counts, of the cross and within pairs of the full context, those whose squared
/// distance exceeds 65504: with half-precision arithmetic they would be infinite.
///
/// @param runs  full context first, then the removed positions, see LooRun::rows()
/// @param layers  length of the axis "layer" of WordRows::values
/// @param sink,occurrence  which positions a row is the mean of, for beyond_counts()
[[nodiscard]] ContextMeasures measure_context(const Walk& walk, const Condition& condition,
                                              std::span<const WordRows> runs, std::size_t layers,
                                              std::size_t units, Cross cross,
                                              Sink sink = Sink::keep,
                                              Occurrence occurrence = Occurrence::mean);

}  // namespace phiscope::analyze::loo
