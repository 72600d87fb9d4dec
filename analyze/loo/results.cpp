// SPDX-License-Identifier: MIT
#include "loo/tables.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace phiscope::analyze::loo {
namespace {

using Json = nlohmann::ordered_json;

Json json_number(const Value& value) {
  return value.ok() ? Json(value.value()) : Json(nullptr);
}

Json aggregate_json(const Aggregate& aggregate) {
  Json result = {{"mean", json_number(aggregate.mean.value)},
                 {"std", json_number(aggregate.sd)},
                 {"median", json_number(aggregate.median)},
                 {"ci_low", json_number(aggregate.mean.low)},
                 {"ci_high", json_number(aggregate.mean.high)},
                 {"n", aggregate.events},
                 {"n_ok", aggregate.defined},
                 {"n_contexts", aggregate.contexts()},
                 {"ci_method", std::string(aggregate.mean.method)},
                 {"ci_covers", std::string(aggregate.mean.covers)}};
  if (aggregate.floored > 0) result["n_floored"] = aggregate.floored;
  if (!aggregate.mean.value.ok()) {
    const Status reason = main_reason(aggregate);
    result["reason"] = reason == Status::ok ? "no_events" : std::string(status_name(reason));
  }
  if (aggregate.defined < aggregate.events) {
    for (std::size_t i = 0; i < reasons.size(); ++i) {
      if (aggregate.undefined[i] == 0) continue;
      result["undefined"][std::string(status_name(reasons[i]))] = aggregate.undefined[i];
    }
  }
  return result;
}

/// A difference per walk with its interval and p-values.
Json paired_json(const PairedCell& cell) {
  Json result = {{"difference", json_number(cell.difference.value)},
                 {"ci_low", json_number(cell.difference.low)},
                 {"ci_high", json_number(cell.difference.high)},
                 {"p", json_number(cell.p)},
                 {"p_max", json_number(cell.p_max)},
                 {"least_p", cell.least_p},
                 {"n_walks", cell.walks},
                 {"n_ok", cell.difference.units}};
  const Status why = first_reason(cell.difference.value.status(), cell.difference.low.status());
  if (why != Status::ok) result["reason"] = std::string(status_name(why));
  return result;
}

/// Adds what the report claims, by layer and length, beside the published members.
void add_contrast_json(const RunResult& run, std::size_t condition, std::size_t length,
                       std::size_t layer, Json& result) {
  const std::string at_layer = std::to_string(run.info.layers[layer]);
  const std::string at_length = std::to_string(run.lengths[length]);
  for (const Anchors anchors : {Anchors::all, Anchors::without_first}) {
    const std::string member =
        anchors == Anchors::all ? "bridge_minus_anchor" : "bridge_minus_anchor_without_position_0";
    for (const Metric metric : metrics) {
      result[member][at_layer][at_length][std::string(metric_name(metric)) + "_influence"] =
          paired_json(run.bridge_anchor_at(condition, length, layer, anchors, metric));
    }
  }
  if (run.has_embedding()) {
    Json cell = paired_json(run.above_mixing_at(condition, length, layer));
    cell["mixing_ratio"] =
        json_number(run.mixing_at(condition, length, Scale::absolute).mean.value);
    result["ratio_minus_neighbour_mixing"][at_layer][at_length] = std::move(cell);
  }
  const LabelTest& labels = run.labels_at(condition, length, layer);
  result["ratio_against_permuted_clusters"][at_layer][at_length] = {
      {"ratio", json_number(labels.ratio)},
      {"permuted_mean", json_number(labels.null_mean)},
      {"p", json_number(labels.p)},
      {"least_p", labels.least_p},
      {"permutations", labels.draws}};
}

}  // namespace

nlohmann::ordered_json results_json(const RunResult& run, std::size_t condition) {
  std::int64_t trials = 0;
  std::vector<std::int64_t> lengths;
  for (std::size_t length = 0; length < run.lengths.size(); ++length) {
    if (run.has(condition, length)) lengths.push_back(run.lengths[length]);
  }
  for (const ContextMeasures& context : run.contexts) {
    const Walk& walk = run.info.walks[context.walk];
    if (walk.condition == condition) trials = std::max(trials, walk.trial + 1);
  }
  Json result = {
      {"condition", run.info.conditions[condition].name},
      {"run", run.label},
      {"sink", run.info.sink_name},
      {"context_lengths", lengths},
      {"layers_tested", run.info.layers},
      {"n_trials", trials},
      {"std_ddof", 1},
      {"orientation", "ratio, cross and within distance: full - without; energy: without - full"},
      {"by_layer_N", Json::object()}};
  for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
    Json& by_length = result["by_layer_N"][std::to_string(run.info.layers[layer])];
    for (std::size_t length = 0; length < run.lengths.size(); ++length) {
      if (!run.has(condition, length)) continue;
      Json& by_type = by_length[std::to_string(run.lengths[length])];
      for (std::size_t type = 0; type < position_types; ++type) {
        const auto position = static_cast<PositionType>(type);
        for (const Metric metric : metrics) {
          by_type[std::string(position_type_name(position))]
                 [std::string(metric_name(metric)) + "_influence"] =
                     aggregate_json(run.influence_at(condition, length, layer, position, Pairs::own,
                                                     Scale::absolute, metric));
        }
      }
    }
  }
  for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
    for (std::size_t length = 0; length < run.lengths.size(); ++length) {
      if (run.has(condition, length)) add_contrast_json(run, condition, length, layer, result);
    }
  }
  return result;
}

}  // namespace phiscope::analyze::loo
