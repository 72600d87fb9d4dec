// SPDX-License-Identifier: MIT
#include "loo/rows.hpp"

#include "loo/table_parts.hpp"

namespace phiscope::analyze::loo {
namespace {

/// Appends the value, or an empty cell and the reason to `missing`.
void add(Row& row, std::string& missing, const std::string& name, const Value& value) {
  if (value.ok()) {
    row.emplace_back(value.value());
    return;
  }
  const std::string reason(status_name(value.status()));
  row.emplace_back(Undefined{reason});
  if (!missing.empty()) missing += ' ';
  missing += name + ':' + reason;
}

Row context_key(bool several, const RunResult& run, const Walk& walk) {
  Row row;
  if (several) row.emplace_back(run.label);
  row.emplace_back(run.info.conditions[walk.condition].name);
  row.emplace_back(walk.n);
  row.emplace_back(walk.trial);
  return row;
}

std::vector<std::string> key_columns(bool several) {
  std::vector<std::string> columns = {"condition", "n", "trial"};
  if (several) columns.insert(columns.begin(), "run");
  return columns;
}

Row event_row(bool several, const RunResult& run, const ContextMeasures& context,
              const Event& event, std::size_t layer) {
  const Walk& walk = run.info.walks[context.walk];
  Row row = context_key(several, run, walk);
  row.emplace_back(event.position);
  const auto place = static_cast<std::size_t>(event.position);
  row.emplace_back(std::string(event.bridge ? "bridge" : "anchor"));
  row.emplace_back(
      run.info.conditions[walk.condition].words[static_cast<std::size_t>(walk.nodes[place])]);
  row.emplace_back(run.info.layers[layer]);
  for (const PairCounts& counts : {context.pairs, event.pairs_without, event.pairs_common}) {
    row.emplace_back(counts.cross);
    row.emplace_back(counts.within);
  }
  std::string missing;
  for (const Metric metric : metrics) {
    const std::string name(metric_name(metric));
    add(row, missing, name + "_full", value_of(context.full[layer], metric));
    add(row, missing, name + "_without", value_of(event.without[layer], metric));
    add(row, missing, name + "_influence",
        event_influence(context, event, layer, Pairs::own, Scale::absolute, metric));
    add(row, missing, name + "_influence_common",
        event_influence(context, event, layer, Pairs::common, Scale::absolute, metric));
  }
  row.emplace_back(
      std::int64_t{context.full[layer].floored || event.without[layer].floored ? 1 : 0});
  row.emplace_back(missing);
  return row;
}

}  // namespace

Table event_table(const std::vector<RunResult>& runs) {
  const bool several = runs.size() > 1;
  Table table;
  table.columns = key_columns(several);
  for (const char* name : {"position", "position_type", "word", "layer", "cross_pairs_full",
                           "within_pairs_full", "cross_pairs_without", "within_pairs_without",
                           "cross_pairs_common", "within_pairs_common"}) {
    table.columns.emplace_back(name);
  }
  for (const Metric metric : metrics) {
    for (const char* suffix : {"_full", "_without", "_influence", "_influence_common"}) {
      table.columns.push_back(std::string(metric_name(metric)) + suffix);
    }
  }
  table.columns.emplace_back("floored");
  table.columns.emplace_back("undefined");
  for (const RunResult& run : runs) {
    for (const ContextMeasures& context : run.contexts) {
      for (const Event& event : context.events) {
        for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
          table.rows.push_back(event_row(several, run, context, event, layer));
        }
      }
    }
  }
  return table;
}

Table context_table(const std::vector<RunResult>& runs) {
  const bool several = runs.size() > 1;
  Table table;
  table.columns = key_columns(several);
  for (const char* name : {"layer", "words", "cross_pairs", "within_pairs"}) {
    table.columns.emplace_back(name);
  }
  for (std::size_t level = 0; level < level_count; ++level) {
    table.columns.push_back(level_name(level));
  }
  table.columns.emplace_back("floored");
  table.columns.emplace_back("undefined");
  for (const RunResult& run : runs) {
    for (const ContextMeasures& context : run.contexts) {
      for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
        Row row = context_key(several, run, run.info.walks[context.walk]);
        row.emplace_back(run.info.layers[layer]);
        row.emplace_back(context.words);
        row.emplace_back(context.pairs.cross);
        row.emplace_back(context.pairs.within);
        std::string missing;
        for (std::size_t level = 0; level < level_count; ++level) {
          add(row, missing, level_name(level), level_value(context, layer, level));
        }
        row.emplace_back(std::int64_t{context.full[layer].floored ? 1 : 0});
        row.emplace_back(missing);
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

}  // namespace phiscope::analyze::loo
