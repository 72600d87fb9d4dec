// SPDX-License-Identifier: MIT
#include "loo/contrast_tables.hpp"

#include "loo/analysis/contrasts.hpp"
#include "loo/table_parts.hpp"
#include "report/estimate_text.hpp"

namespace phiscope::analyze::loo {
namespace {

/// What follows a difference in every table: its interval, walks and p-values.
std::vector<std::string> with_paired(std::vector<std::string> names) {
  names.emplace_back("difference");
  for (const std::string& name : report::interval_columns()) names.push_back(name);
  for (const char* name : {"p", "p_max", "least_p", "n_walks", "n_ok"}) names.emplace_back(name);
  return names;
}

Row paired_cells(const PairedCell& cell) {
  Row result = {value_cell(cell.difference.value)};
  extend(result, report::interval_cells(cell.difference));
  extend(result, {value_cell(cell.p), value_cell(cell.p_max), cell.least_p, cell.walks,
                  static_cast<std::int64_t>(cell.difference.units)});
  return result;
}

Row place_row(bool several, const RunResult& run, std::size_t condition, std::size_t length,
              std::size_t layer) {
  Row row = run_row(several, run, condition);
  extend(row, {run.lengths[length], run.info.layers[layer]});
  return row;
}

/// Positions whose predecessor has no known embedding, of all walks of a condition and length.
std::int64_t unmixed_positions(const RunResult& run, std::size_t condition, std::size_t length) {
  std::int64_t count = 0;
  for (const auto* context : contexts_of(run, condition, run.lengths[length])) {
    count += context->mixing.unmixed;
  }
  return count;
}

}  // namespace

Table bridge_anchor_table(const std::vector<RunResult>& runs) {
  const bool several = runs.size() > 1;
  Table table;
  table.columns =
      run_columns(several, with_paired({"condition", "n", "layer", "anchors", "metric"}));
  for_each_cell(runs, [&](const RunResult& run, std::size_t condition, std::size_t length,
                          std::size_t layer) {
    for (const Anchors anchors : {Anchors::all, Anchors::without_first}) {
      for (const Metric metric : metrics) {
        Row cells = place_row(several, run, condition, length, layer);
        extend(cells, {std::string(anchors_name(anchors)),
                       std::string(metric_name(metric)) + "_influence"});
        extend(cells,
               paired_cells(run.bridge_anchor_at(condition, length, layer, anchors, metric)));
        table.rows.push_back(std::move(cells));
      }
    }
    Row cells = place_row(several, run, condition, length, layer);
    extend(cells,
           {std::string(anchors_name(Anchors::all)), std::string("ratio_influence_beyond_counts")});
    extend(
        cells,
        paired_cells(run.bridge_anchor_beyond_counts.at(run.cell_index(condition, length, layer))));
    table.rows.push_back(std::move(cells));
  });
  return table;
}

Table mixing_table(const std::vector<RunResult>& runs) {
  const bool several = runs.size() > 1;
  Table table;
  table.columns = run_columns(
      several, with_paired({"condition", "n", "layer", "ratio", "mixing_ratio", "mixing_sd",
                            "mixing_relative_to_embedding", "unmixed_positions"}));
  for_each_cell(runs, [&](const RunResult& run, std::size_t condition, std::size_t length,
                          std::size_t layer) {
    if (!run.has_embedding()) return;
    const Aggregate& mixing = run.mixing_at(condition, length, Scale::absolute);
    Row cells = place_row(several, run, condition, length, layer);
    extend(cells,
           {value_cell(run.level_at(condition, length, layer, Scale::absolute, 0).mean.value),
            value_cell(mixing.mean.value), value_cell(mixing.sd),
            value_cell(run.mixing_at(condition, length, Scale::relative).mean.value),
            unmixed_positions(run, condition, length)});
    extend(cells, paired_cells(run.above_mixing_at(condition, length, layer)));
    table.rows.push_back(std::move(cells));
  });
  return table;
}

Table cluster_table(const std::vector<RunResult>& runs) {
  const bool several = runs.size() > 1;
  Table table;
  table.columns = run_columns(
      several, {"condition", "n", "layer", "ratio", "permuted_mean", "permuted_95_percent", "p",
                "p_beyond_counts", "least_p", "permutations", "undefined_permutations", "exact"});
  for_each_cell(runs, [&](const RunResult& run, std::size_t condition, std::size_t length,
                          std::size_t layer) {
    const LabelTest& test = run.labels_at(condition, length, layer);
    Row cells = place_row(several, run, condition, length, layer);
    extend(cells,
           {value_cell(test.ratio), value_cell(test.null_mean), value_cell(test.null_high),
            value_cell(test.p),
            value_cell(run.labels_beyond_counts.at(run.cell_index(condition, length, layer)).p),
            test.least_p, static_cast<std::int64_t>(test.draws),
            static_cast<std::int64_t>(test.undefined_draws), std::int64_t{test.exact ? 1 : 0}});
    table.rows.push_back(std::move(cells));
  });
  return table;
}

}  // namespace phiscope::analyze::loo
