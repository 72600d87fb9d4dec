// SPDX-License-Identifier: MIT
#include "loo/tables.hpp"

#include "loo/contrast_tables.hpp"
#include "loo/rows.hpp"
#include "loo/table_parts.hpp"
#include "report/estimate_text.hpp"

namespace phiscope::analyze::loo {
namespace {

std::vector<std::string> with_aggregate(std::vector<std::string> names) {
  for (const char* name : {"mean", "sd", "median"}) names.emplace_back(name);
  const auto interval = report::interval_columns();
  names.insert(names.end(), interval.begin(), interval.end());
  for (const char* name : {"n_events", "n_ok", "n_contexts", "n_floored"}) {
    names.emplace_back(name);
  }
  for (const Status reason : reasons) names.emplace_back(status_name(reason));
  return names;
}

Row aggregate_cells(const Aggregate& aggregate) {
  Row result = {value_cell(aggregate.mean.value), value_cell(aggregate.sd),
                value_cell(aggregate.median)};
  extend(result, report::interval_cells(aggregate.mean));
  extend(result, {aggregate.events, aggregate.defined, aggregate.contexts(), aggregate.floored});
  for (const std::int64_t count : aggregate.undefined) result.emplace_back(count);
  return result;
}

Table influence_table(const std::vector<RunResult>& runs) {
  const bool several = runs.size() > 1;
  Table table;
  table.columns = run_columns(several, with_aggregate({"condition", "n", "layer", "position_type",
                                                       "pairs", "scale", "metric"}));
  for_each_cell(runs, [&](const RunResult& run, std::size_t condition, std::size_t length,
                          std::size_t layer) {
    const std::size_t scale_end = run.has_embedding() ? scales : 1;
    for (std::size_t i = 0; i < position_types * pair_choices * scale_end * metrics.size(); ++i) {
      const Metric metric = metrics[i % metrics.size()];
      const auto scale = static_cast<Scale>(i / metrics.size() % scale_end);
      const auto pairs = static_cast<Pairs>(i / metrics.size() / scale_end % pair_choices);
      const auto type = static_cast<PositionType>(i / metrics.size() / scale_end / pair_choices);
      Row cells = run_row(several, run, condition);
      extend(cells,
             {run.lengths[length], run.info.layers[layer], std::string(position_type_name(type)),
              std::string(pairs_name(pairs)), std::string(scale_name(scale)),
              std::string(metric_name(metric)) + "_influence"});
      extend(cells, aggregate_cells(
                        run.influence_at(condition, length, layer, type, pairs, scale, metric)));
      table.rows.push_back(std::move(cells));
    }
  });
  return table;
}

Table level_table(const std::vector<RunResult>& runs) {
  const bool several = runs.size() > 1;
  Table table;
  table.columns =
      run_columns(several, with_aggregate({"condition", "n", "layer", "scale", "metric"}));
  for_each_cell(runs, [&](const RunResult& run, std::size_t condition, std::size_t length,
                          std::size_t layer) {
    for (std::size_t scale = 0; scale < (run.has_embedding() ? scales : 1); ++scale) {
      for (std::size_t level = 0; level < level_count; ++level) {
        Row cells = run_row(several, run, condition);
        extend(cells, {run.lengths[length], run.info.layers[layer],
                       std::string(scale_name(static_cast<Scale>(scale))), level_name(level)});
        extend(cells, aggregate_cells(run.level_at(condition, length, layer,
                                                   static_cast<Scale>(scale), level)));
        table.rows.push_back(std::move(cells));
      }
    }
  });
  return table;
}

Table correlation_table(const std::vector<RunResult>& runs) {
  const bool several = runs.size() > 1;
  Table table;
  table.columns =
      run_columns(several, {"condition", "n", "layer", "metric_a", "metric_b", "rank_correlation"});
  for (const std::string& name : report::interval_columns()) table.columns.push_back(name);
  for (const char* name : {"n_events", "n_contexts", "undefined"}) table.columns.emplace_back(name);
  for (const RunResult& run : runs) {
    for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
      for (std::size_t length = 0; length <= run.lengths.size(); ++length) {
        const bool all = length == run.lengths.size();
        if (!all && !run.has(condition, length)) continue;
        for (std::size_t i = 0; i < run.info.layers.size() * metric_pairs; ++i) {
          const std::size_t layer = i / metric_pairs;
          const Correlation& found = run.correlation_at(condition, length, layer, i % metric_pairs);
          Row cells = run_row(several, run, condition);
          extend(cells,
                 {all ? Cell(Undefined{"all_lengths"}) : Cell(run.lengths[length]),
                  run.info.layers[layer], std::string(metric_name(found.first)) + "_influence",
                  std::string(metric_name(found.second)) + "_influence",
                  value_cell(found.estimate.value)});
          extend(cells, report::interval_cells(found.estimate));
          extend(cells, {found.events, found.contexts,
                         found.estimate.value.ok()
                             ? std::string()
                             : std::string(status_name(found.estimate.value.status()))});
          table.rows.push_back(std::move(cells));
        }
      }
    }
  }
  return table;
}

Table diagnostic_table(const std::vector<RunResult>& runs) {
  const bool several = runs.size() > 1;
  Table table;
  table.columns =
      run_columns(several, {"condition", "layer", "sink", "position_zero_r2", "position_zero_scale",
                            "position_zero_means", "float16_overflows", "pairs"});
  for (const RunResult& run : runs) {
    for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
      for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
        std::int64_t overflows = 0;
        std::int64_t pairs = 0;
        for (const ContextMeasures& context : run.contexts) {
          if (run.info.walks[context.walk].condition != condition) continue;
          overflows += context.float16_overflows[layer];
          pairs += context.pairs.cross + context.pairs.within;
        }
        const ZeroFit& fit = run.position_zero[condition * run.info.layers.size() + layer];
        Row cells = run_row(several, run, condition);
        extend(cells, {run.info.layers[layer], run.info.sink_name, value_cell(fit.explained),
                       value_cell(fit.scale), fit.cells, overflows, pairs});
        table.rows.push_back(std::move(cells));
      }
    }
  }
  return table;
}

Table undefined_table(const std::vector<RunResult>& runs) {
  const bool several = runs.size() > 1;
  Table table;
  table.columns = run_columns(several, {"condition", "n", "pairs", "metric", "n_events", "n_ok"});
  for (const Status reason : reasons) table.columns.emplace_back(status_name(reason));
  for_each_cell(runs, [&](const RunResult& run, std::size_t condition, std::size_t length,
                          std::size_t layer) {
    if (layer + 1 != run.info.layers.size()) return;
    for (std::size_t pairs = 0; pairs < pair_choices; ++pairs) {
      for (const Metric metric : metrics) {
        Aggregate sum;
        for (std::size_t each = 0; each < run.info.layers.size(); ++each) {
          const Aggregate& found =
              run.influence_at(condition, length, each, PositionType::all,
                               static_cast<Pairs>(pairs), Scale::absolute, metric);
          sum.events += found.events;
          sum.defined += found.defined;
          for (std::size_t i = 0; i < reasons.size(); ++i) sum.undefined[i] += found.undefined[i];
        }
        Row cells = run_row(several, run, condition);
        extend(cells, {run.lengths[length], std::string(pairs_name(static_cast<Pairs>(pairs))),
                       std::string(metric_name(metric)) + "_influence", sum.events, sum.defined});
        for (const std::int64_t count : sum.undefined) cells.emplace_back(count);
        table.rows.push_back(std::move(cells));
      }
    }
  });
  return table;
}

}  // namespace

std::vector<report::NamedTable> tables(const std::vector<RunResult>& runs) {
  const std::string orientation =
      "Influence of a position: ratio, cross and within distance full - without it, energy without "
      "it - full; a positive ratio or energy influence means that leaving it out hurts structure.";
  return {
      {"loo.csv", "Influences per context length, layer and kind of position. " + orientation,
       influence_table(runs)},
      {"levels.csv", "Levels of the full contexts per context length and layer.",
       level_table(runs)},
      {"correlations.csv",
       "Spearman's rank correlation between two influences over all events (own pairs); without n: "
       "all context lengths together.",
       correlation_table(runs)},
      {"diagnostics.csv",
       "Per layer: what a model that knows position 0 alone explains of the mean ratio influences "
       "(R^2, own pairs), and how many squared pair distances exceed 65504, the largest float16.",
       diagnostic_table(runs)},
      {"undefined.csv", "Missing influences, all layers together, and why they are missing.",
       undefined_table(runs)},
      {"loo_events.csv", "One row per context, tested position and layer. " + orientation,
       event_table(runs)},
      {"loo_contexts.csv", "Levels of one full context in one layer.", context_table(runs)},
      {"bridge_anchor.csv",
       "Mean influence of the bridges less that of the anchors, per walk: mean over the walks, "
       "sign-flip p-value of the row alone (p) and corrected over layers and lengths (p_max). "
       "anchors: with position 0, or without it.",
       bridge_anchor_table(runs)},
      {"mixing.csv",
       "Separation ratio, that of mixing each word's embedding with its predecessor's (without a "
       "model), and their difference per walk. Without rows where a run has no embedding layer.",
       mixing_table(runs)},
      {"clusters.csv",
       "Separation ratio against that of words permuted over the clusters: one-sided p-value.",
       cluster_table(runs)}};
}

}  // namespace phiscope::analyze::loo
