// SPDX-License-Identifier: MIT
#include "loo/analysis/analysis.hpp"

#include "loo/analysis/contrasts.hpp"
#include "loo/analysis/mixing.hpp"
#include "program/parallel.hpp"
#include "report/folder.hpp"

#include <algorithm>
#include <iterator>
#include <set>

namespace phiscope::analyze::loo {
namespace {

/// Is one of the two ratios of an influence at the absolute floor?
bool is_floored(const ContextMeasures& context, const Event& event, std::size_t layer,
                Pairs pairs) {
  if (pairs == Pairs::common) {
    return event.full_common[layer].floored || event.without_common[layer].floored;
  }
  return context.full[layer].floored || event.without[layer].floored;
}

bool belongs(const Event& event, PositionType type) {
  return type == PositionType::all || event.bridge == (type == PositionType::bridge);
}

void aggregate_influences(RunResult& result, std::size_t condition, std::size_t length,
                          std::size_t layer, const BootstrapOptions& bootstrap) {
  const auto contexts = contexts_of(result, condition, result.lengths[length]);
  const std::size_t scale_end = result.has_embedding() ? scales : 1;
  for (std::size_t type = 0; type < position_types; ++type) {
    for (std::size_t pairs = 0; pairs < pair_choices; ++pairs) {
      for (std::size_t scale = 0; scale < scale_end; ++scale) {
        for (const Metric metric : metrics) {
          std::vector<Value> values;
          std::vector<std::int64_t> units;
          std::int64_t floored = 0;
          for (const ContextMeasures* context : contexts) {
            for (const Event& event : context->events) {
              if (!belongs(event, static_cast<PositionType>(type))) continue;
              values.push_back(event_influence(*context, event, layer, static_cast<Pairs>(pairs),
                                               static_cast<Scale>(scale), metric));
              units.push_back(static_cast<std::int64_t>(context->walk));
              if (metric == Metric::ratio && values.back().ok() &&
                  is_floored(*context, event, layer, static_cast<Pairs>(pairs))) {
                ++floored;
              }
            }
          }
          const std::size_t index =
              result.influence_index(condition, length, layer, static_cast<PositionType>(type),
                                     static_cast<Pairs>(pairs), static_cast<Scale>(scale), metric);
          result.influences[index] = aggregate(values, units, bootstrap);
          result.influences[index].floored = floored;
        }
      }
    }
  }
}

void aggregate_levels(RunResult& result, std::size_t condition, std::size_t length,
                      std::size_t layer, const BootstrapOptions& bootstrap) {
  const std::size_t scale_end = result.has_embedding() ? scales : 1;
  for (std::size_t scale = 0; scale < scale_end; ++scale) {
    for (std::size_t level = 0; level < level_count; ++level) {
      std::vector<Value> values;
      std::vector<std::int64_t> units;
      std::int64_t floored = 0;
      for (const auto* context : contexts_of(result, condition, result.lengths[length])) {
        const Value value = level_value(*context, layer, level);
        values.push_back(scale == 0 ? value : quotient(value, level_value(*context, 0, level)));
        units.push_back(static_cast<std::int64_t>(context->walk));
        if (level == 0 && values.back().ok() && context->full[layer].floored) ++floored;
      }
      Aggregate& cell = result.levels[result.level_index(condition, length, layer,
                                                         static_cast<Scale>(scale), level)];
      cell = aggregate(values, units, bootstrap);
      cell.floored = floored;
    }
  }
}

ZeroFit fit_layer(const RunResult& result, std::size_t condition, std::size_t layer, Cross cross) {
  std::vector<ZeroCell> cells;
  for (std::size_t length = 0; length < result.lengths.size(); ++length) {
    for (const PositionType type : {PositionType::bridge, PositionType::anchor}) {
      ZeroCell cell;
      cell.observed = result
                          .influence_at(condition, length, layer, type, Pairs::own, Scale::absolute,
                                        Metric::ratio)
                          .mean.value;
      for (const auto* context : contexts_of(result, condition, result.lengths[length])) {
        const Walk& walk = result.info.walks[context->walk];
        const Condition& words = result.info.conditions[condition];
        const ZeroCounts full = zero_counts(walk, -1, words, result.info.sink, cross);
        for (const Event& event : context->events) {
          if (!belongs(event, type)) continue;
          cell.events.push_back(
              {full, zero_counts(walk, event.position, words, result.info.sink, cross)});
        }
      }
      cells.push_back(std::move(cell));
    }
  }
  return fit_position_zero(cells);
}

std::vector<ContextMeasures> measure(const LooRun& run, const Options& options) {
  const RunInfo& info = run.info();
  std::vector<ContextMeasures> contexts(run.contexts().size());
  const bool has_embedding = info.layers.front() == -1;
  const auto embeddings =
      has_embedding ? word_embeddings(run) : std::vector<WordEmbeddings>(info.conditions.size());
  for_each_tile(contexts.size(), options.threads, [&](std::size_t i) {
    const ContextPlace& place = run.contexts()[i];
    const Walk& walk = info.walks[place.walk];
    const ContextRows rows = run.rows(place);
    contexts[i] =
        measure_context(walk, info.conditions[walk.condition], rows.runs, info.layers.size(),
                        info.units, options.cross, info.sink, info.occurrence);
    contexts[i].walk = place.walk;
    if (!has_embedding) return;
    WordEmbeddings own = embeddings[walk.condition];
    put_embeddings(rows.runs.front(), info.layers.size(), info.units, own);
    contexts[i].mixing =
        neighbour_mixing(walk, info.conditions[walk.condition], rows.runs.front().words, own,
                         info.sink, info.occurrence, options.cross);
  });
  return contexts;
}

std::vector<std::int64_t> lengths_of(const RunInfo& info,
                                     const std::vector<ContextMeasures>& contexts) {
  std::set<std::int64_t> lengths;
  for (const ContextMeasures& context : contexts) lengths.insert(info.walks[context.walk].n);
  return {lengths.begin(), lengths.end()};
}

void aggregate_all(RunResult& result, const Options& options) {
  const std::size_t conditions = result.info.conditions.size();
  const std::size_t lengths = result.lengths.size();
  const std::size_t layers = result.info.layers.size();
  const BootstrapOptions bootstrap{
      .resamples = options.resamples, .seed = options.seed, .covers = "walks"};
  result.influences.resize(conditions * lengths * layers * position_types * pair_choices * scales *
                           metrics.size());
  result.levels.resize(conditions * lengths * layers * scales * level_count);
  result.correlations.resize(conditions * (lengths + 1) * layers * metric_pairs);
  result.position_zero.resize(conditions * layers);
  for_each_tile(conditions * lengths * layers, options.threads, [&](std::size_t tile) {
    const std::size_t layer = tile % layers;
    const std::size_t length = tile / layers % lengths;
    const std::size_t condition = tile / layers / lengths;
    aggregate_influences(result, condition, length, layer, bootstrap);
    aggregate_levels(result, condition, length, layer, bootstrap);
  });
  for_each_tile(conditions * (lengths + 1) * layers, options.threads, [&](std::size_t tile) {
    const std::size_t length = tile / layers % (lengths + 1);
    const std::int64_t n = length == lengths ? 0 : result.lengths[length];
    const auto contexts = contexts_of(result, tile / layers / (lengths + 1), n);
    const auto found = correlate(contexts, tile % layers, options);
    std::copy(found.begin(), found.end(),
              result.correlations.begin() + static_cast<std::ptrdiff_t>(tile * metric_pairs));
  });
  for_each_tile(conditions * layers, options.threads, [&](std::size_t tile) {
    result.position_zero[tile] = fit_layer(result, tile / layers, tile % layers, options.cross);
  });
  add_contrasts(result, options);
}

}  // namespace

std::string_view position_type_name(PositionType type) noexcept {
  return type == PositionType::bridge ? "bridge" : type == PositionType::anchor ? "anchor" : "all";
}

std::string_view anchors_name(Anchors anchors) noexcept {
  return anchors == Anchors::all ? "all" : "without_position_0";
}

std::string_view pairs_name(Pairs pairs) noexcept {
  return pairs == Pairs::own ? "own" : "common";
}

std::string_view scale_name(Scale scale) noexcept {
  return scale == Scale::absolute ? "absolute" : "relative_to_embedding";
}

std::string level_name(std::size_t level) {
  if (level < metrics.size()) return std::string(metric_name(metrics[level]));
  static const std::array<std::string, 3> graph = {"graph_energy", "graph_energy_per_edge",
                                                   "graph_rayleigh"};
  return graph.at(level - metrics.size());
}

std::size_t RunResult::influence_index(std::size_t condition, std::size_t length, std::size_t layer,
                                       PositionType type, Pairs pairs, Scale scale,
                                       Metric metric) const {
  std::size_t index = (condition * lengths.size() + length) * info.layers.size() + layer;
  index = index * position_types + static_cast<std::size_t>(type);
  index = index * pair_choices + static_cast<std::size_t>(pairs);
  index = index * scales + static_cast<std::size_t>(scale);
  return index * metrics.size() + static_cast<std::size_t>(metric);
}

std::size_t RunResult::level_index(std::size_t condition, std::size_t length, std::size_t layer,
                                   Scale scale, std::size_t level) const {
  const std::size_t index = (condition * lengths.size() + length) * info.layers.size() + layer;
  return (index * scales + static_cast<std::size_t>(scale)) * level_count + level;
}

const Correlation& RunResult::correlation_at(std::size_t condition, std::size_t length,
                                             std::size_t layer, std::size_t pair) const {
  const std::size_t index =
      (condition * (lengths.size() + 1) + length) * info.layers.size() + layer;
  return correlations.at(index * metric_pairs + pair);
}

const PairedCell& RunResult::bridge_anchor_at(std::size_t condition, std::size_t length,
                                              std::size_t layer, Anchors anchors,
                                              Metric metric) const {
  const std::size_t family =
      (condition * anchor_choices + static_cast<std::size_t>(anchors)) * metrics.size() +
      static_cast<std::size_t>(metric);
  return bridge_anchor.at((family * lengths.size() + length) * info.layers.size() + layer);
}

const PairedCell& RunResult::above_mixing_at(std::size_t condition, std::size_t length,
                                             std::size_t layer) const {
  return above_mixing.at((condition * lengths.size() + length) * info.layers.size() + layer);
}

const Aggregate& RunResult::mixing_at(std::size_t condition, std::size_t length,
                                      Scale scale) const {
  return mixing.at((condition * lengths.size() + length) * scales +
                   static_cast<std::size_t>(scale));
}

const LabelTest& RunResult::labels_at(std::size_t condition, std::size_t length,
                                      std::size_t layer) const {
  return labels.at((condition * lengths.size() + length) * info.layers.size() + layer);
}

bool RunResult::has(std::size_t condition, std::size_t length) const {
  return !contexts_of(*this, condition, lengths[length]).empty();
}

Value level_value(const ContextMeasures& context, std::size_t layer, std::size_t level) {
  if (level < metrics.size()) return value_of(context.full[layer], metrics[level]);
  const GraphEnergy& graph = context.graph[layer];
  if (level == metrics.size()) return graph.sum;
  return level == metrics.size() + 1 ? graph.per_edge : graph.rayleigh;
}

Value event_influence(const ContextMeasures& context, const Event& event, std::size_t layer,
                      Pairs pairs, Scale scale, Metric metric) {
  const auto& full = pairs == Pairs::own ? context.full : event.full_common;
  const auto& without = pairs == Pairs::own ? event.without : event.without_common;
  if (scale == Scale::absolute) return influence(full[layer], without[layer], metric);
  return influence(relative(full[layer], full[0]), relative(without[layer], without[0]), metric);
}

RunResult analyze_run(const LooRun& run, const Options& options) {
  RunResult result;
  result.info = run.info();
  result.label = run.info().name;
  result.contexts = measure(run, options);
  result.lengths = lengths_of(result.info, result.contexts);
  aggregate_all(result, options);
  return result;
}

std::vector<RunResult> analyze_runs(const std::vector<std::filesystem::path>& paths,
                                    const shard::ReadOptions& reading, const Options& options) {
  std::vector<LooRun> opened;  // all are checked before the first is measured
  opened.reserve(paths.size());
  for (const auto& path : paths) opened.push_back(LooRun::open(path, reading));
  std::vector<RunResult> runs;
  runs.reserve(opened.size());
  for (const LooRun& run : opened) runs.push_back(analyze_run(run, options));
  std::vector<std::string> names;
  names.reserve(runs.size());
  for (const RunResult& run : runs) names.push_back(run.label);
  const std::vector<std::string> labels = report::unique_labels(names);
  for (std::size_t i = 0; i < runs.size(); ++i) runs[i].label = labels[i];
  return runs;
}

}  // namespace phiscope::analyze::loo
