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
  Json result = {{"mean", json_number(aggregate.mean)},
                 {"std", json_number(aggregate.sd)},
                 {"median", json_number(aggregate.median)},
                 {"ci_low", json_number(aggregate.low)},
                 {"ci_high", json_number(aggregate.high)},
                 {"n", aggregate.events},
                 {"n_ok", aggregate.defined}};
  if (!aggregate.mean.ok()) {
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
  return result;
}

}  // namespace phiscope::analyze::loo
