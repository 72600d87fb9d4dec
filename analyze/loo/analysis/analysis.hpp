// SPDX-License-Identifier: MIT
#pragma once

#include "loo/analysis/aggregate.hpp"
#include "loo/analysis/label_test.hpp"
#include "loo/analysis/measure.hpp"
#include "loo/analysis/paired.hpp"
#include "loo/analysis/position_zero.hpp"
#include "loo/analysis/run.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace phiscope::analyze::loo {

/// How a run is analysed.
struct Options {
  Cross cross = Cross::groups;
  std::size_t resamples = 1000;  ///< of every bootstrap interval
  std::uint64_t seed = 0;        ///< of the resampling
  std::size_t threads = 1;       ///< changes no result
};

/// Which positions an aggregate is over.
enum class PositionType { bridge, anchor, all };
inline constexpr std::size_t position_types = 3;
[[nodiscard]] std::string_view position_type_name(PositionType type) noexcept;

/// Which pairs of words enter an influence.
enum class Pairs {
  own,    ///< each side those of its own words
  common  ///< both sides those whose words are present in both
};
inline constexpr std::size_t pair_choices = 2;
[[nodiscard]] std::string_view pairs_name(Pairs pairs) noexcept;

/// In which unit.
enum class Scale {
  absolute,  ///< activation units
  relative   ///< every metric divided by its value in the embedding layer, before any difference
};
inline constexpr std::size_t scales = 2;
[[nodiscard]] std::string_view scale_name(Scale scale) noexcept;

/// What levels.csv follows: the four metrics, then the energies on the walk's graph.
inline constexpr std::size_t level_count = metrics.size() + 3;
[[nodiscard]] std::string level_name(std::size_t level);

/// Which anchors a bridge is compared with.
enum class Anchors {
  all,           ///< with position 0, which has no word before it: as published
  without_first  ///< all but position 0, whose removal moves the attention sink
};
inline constexpr std::size_t anchor_choices = 2;
[[nodiscard]] std::string_view anchors_name(Anchors anchors) noexcept;

/// Rank correlation between two influences over the events of a condition and length.
struct Correlation {
  Metric first = Metric::ratio;
  Metric second = Metric::ratio;
  Estimate estimate;        ///< Spearman, own pairs, in [-1, 1]; the interval resamples contexts
  std::int64_t events = 0;  ///< with both influences
  std::int64_t contexts = 0;
};
inline constexpr std::size_t metric_pairs = metrics.size() * (metrics.size() - 1) / 2;

/// All results of one run. The aggregates lie on grids; the functions below find them.
struct RunResult {
  RunInfo info;
  std::string label;                      ///< unique among the runs of a report
  std::vector<std::int64_t> lengths;      ///< context lengths, ascending
  std::vector<ContextMeasures> contexts;  ///< in the order of the walks
  std::vector<Aggregate> influences;  ///< [condition, length, layer, type, pairs, scale, metric]
  std::vector<Aggregate> levels;      ///< [condition, length, layer, scale, level]
  std::vector<Correlation> correlations;  ///< [condition, length and last: all, layer, metric pair]
  std::vector<ZeroFit> position_zero;     ///< [condition, layer]
  std::vector<PairedCell> bridge_anchor;  ///< [condition, anchors, metric, length, layer]
  std::vector<PairedCell> above_mixing;   ///< [condition, length, layer]; empty: no embedding layer
  std::vector<Aggregate> mixing;          ///< [condition, length, scale]; likewise
  std::vector<LabelTest> labels;          ///< [condition, length, layer]
  /// The same two tests of the ratio beyond what numbers of occurrences alone give it, with all
  /// anchors: [condition, length, layer]. A claim has to hold both ways.
  std::vector<PairedCell> bridge_anchor_beyond_counts;
  std::vector<LabelTest> labels_beyond_counts;

  /// Places in the grids; conditions, lengths and layers by index.
  [[nodiscard]] std::size_t influence_index(std::size_t condition, std::size_t length,
                                            std::size_t layer, PositionType type, Pairs pairs,
                                            Scale scale, Metric metric) const;
  [[nodiscard]] std::size_t level_index(std::size_t condition, std::size_t length,
                                        std::size_t layer, Scale scale, std::size_t level) const;

  [[nodiscard]] const Aggregate& influence_at(std::size_t condition, std::size_t length,
                                              std::size_t layer, PositionType type, Pairs pairs,
                                              Scale scale, Metric metric) const {
    return influences.at(influence_index(condition, length, layer, type, pairs, scale, metric));
  }
  [[nodiscard]] const Aggregate& level_at(std::size_t condition, std::size_t length,
                                          std::size_t layer, Scale scale, std::size_t level) const {
    return levels.at(level_index(condition, length, layer, scale, level));
  }
  /// Mean influence of the bridges less that of the anchors, own pairs, per walk.
  [[nodiscard]] const PairedCell& bridge_anchor_at(std::size_t condition, std::size_t length,
                                                   std::size_t layer, Anchors anchors,
                                                   Metric metric) const;
  /// Ratio less that of neighbour_mixing(), per walk.
  [[nodiscard]] const PairedCell& above_mixing_at(std::size_t condition, std::size_t length,
                                                  std::size_t layer) const;
  /// Ratio of neighbour_mixing(), absolute or divided by the embedding layer's.
  [[nodiscard]] const Aggregate& mixing_at(std::size_t condition, std::size_t length,
                                           Scale scale) const;
  [[nodiscard]] const LabelTest& labels_at(std::size_t condition, std::size_t length,
                                           std::size_t layer) const;
  /// Place of a condition, length and layer in the two grids beyond counts.
  [[nodiscard]] std::size_t cell_index(std::size_t condition, std::size_t length,
                                       std::size_t layer) const {
    return (condition * lengths.size() + length) * info.layers.size() + layer;
  }
  [[nodiscard]] const Correlation& correlation_at(std::size_t condition, std::size_t length,
                                                  std::size_t layer, std::size_t pair) const;
  [[nodiscard]] bool has_embedding() const { return info.layers.front() == -1; }
  /// True if a context of this condition and length was measured.
  [[nodiscard]] bool has(std::size_t condition, std::size_t length) const;
};

/// Measures and aggregates a run; contexts, then cells of the grids, run in parallel.
/// @throws shard::FormatError if a file of the run is damaged
[[nodiscard]] RunResult analyze_run(const LooRun& run, const Options& options);

/// Opens and analyses runs in the order given; their labels are made unique.
/// @throws shard::FormatError naming the file that is not as it should be
[[nodiscard]] std::vector<RunResult> analyze_runs(const std::vector<std::filesystem::path>& paths,
                                                  const shard::ReadOptions& reading,
                                                  const Options& options);

/// One of the levels of the full context: 0 to 3 the metrics, then graph sum, per edge, Rayleigh.
[[nodiscard]] Value level_value(const ContextMeasures& context, std::size_t layer,
                                std::size_t level);

/// Influence of an event in a layer; Scale::relative needs layer 0 of the measures to be the
/// embedding.
[[nodiscard]] Value event_influence(const ContextMeasures& context, const Event& event,
                                    std::size_t layer, Pairs pairs, Scale scale, Metric metric);

/// Rank correlations of all pairs of metrics over the events of some contexts, in one layer.
[[nodiscard]] std::vector<Correlation> correlate(
    const std::vector<const ContextMeasures*>& contexts, std::size_t layer, const Options& options);

}  // namespace phiscope::analyze::loo
