// SPDX-License-Identifier: MIT
#include "report/estimate_text.hpp"
#include "report/table_parts.hpp"
#include "sampling/mean_cells.hpp"
#include "sampling/tables.hpp"

namespace phiscope::analyze::sampling {
namespace {

using report::append;
using report::columns;
using report::count_cell;
using report::TableRow;
using report::value_cell;

Table manifold_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = {"run", "problem", "layer", "oracle_tokens", "prefix_tokens"};
  for (const Apart apart : all_aparts()) table.columns.emplace_back(apart_name(apart));
  for (const Study& study : studies) {
    if (!study.manifold) continue;
    const Manifold& result = *study.manifold;
    for (std::size_t p = 0; p < result.run.problems.size(); ++p) {
      for (std::size_t layer = 0; layer < result.layers.size(); ++layer) {
        TableRow row = {result.label, result.run.info.problems[p].id, result.run.info.layers[layer],
                        count_cell(result.run.problems[p].oracle_tokens),
                        count_cell(result.run.problems[p].prefix_tokens)};
        for (const Apart apart : all_aparts())
          row.push_back(value_cell(result.at(p, layer, apart)));
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

Table manifold_layer_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = columns({"run", "layer", "measure"}, mean_columns());
  for (const Study& study : studies) {
    if (!study.manifold) continue;
    const Manifold& result = *study.manifold;
    for (std::size_t layer = 0; layer < result.layers.size(); ++layer) {
      const auto start = [&](std::string_view measure) {
        return TableRow{result.label, result.run.info.layers[layer], std::string(measure)};
      };
      for (const Apart apart : all_aparts()) {
        TableRow row = start(apart_name(apart));
        append(row, mean_cells(result.layers[layer][apart]));
        table.rows.push_back(std::move(row));
      }
      // The share is of the problems in which the improvement is defined.
      Cell improved = result.layers[layer][Apart::improvement];
      improved.mean = result.layers[layer].improved;
      TableRow row = start("improved");
      append(row, mean_cells(improved));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

phiscope::Cell token_cell(const std::optional<Token>& token) {
  if (!token) return Undefined{"no_branch"};
  return std::int64_t{token->id};
}

Table sensitivity_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = {"run",
                   "problem",
                   "t",
                   "layer",
                   "divergence",
                   "compared_tokens",
                   "branch_tokens",
                   "greedy_tokens",
                   "ended",
                   "kept_token",
                   "forced_token",
                   "kept_probability",
                   "forced_probability",
                   "answer_changed"};
  for (const Study& study : studies) {
    if (!study.sensitivity) continue;
    const Sensitivity& result = *study.sensitivity;
    for (std::size_t p = 0; p < result.measured.size(); ++p) {
      for (std::size_t point = 0; point < result.run.points.size(); ++point) {
        const BranchMeasure& branch = result.measured[p][point];
        if (!branch.reached) continue;
        const Branch& tokens = result.run.problems[p].branches[point];
        for (std::size_t layer = 0; layer < branch.divergence.size(); ++layer) {
          table.rows.push_back(
              {result.label, result.run.info.problems[p].id, count_cell(result.run.points[point]),
               result.run.info.layers[layer], value_cell(branch.divergence[layer]),
               count_cell(branch.pooled), count_cell(branch.branch_tokens),
               count_cell(branch.baseline_tokens), flag_cell(branch.ended, ""),
               token_cell(tokens.kept), token_cell(tokens.forced),
               value_cell(branch.kept_probability), value_cell(branch.forced_probability),
               flag_cell(branch.answer_changed, "not_known")});
        }
      }
    }
  }
  return table;
}

Table sensitivity_point_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = columns({"run", "t", "layer"}, mean_columns());
  table.columns = columns(table.columns, {"median", "n_ended", "n_too_short", "kept_probability",
                                          "forced_probability", "answer_changed"});
  for (const Study& study : studies) {
    if (!study.sensitivity) continue;
    const Sensitivity& result = *study.sensitivity;
    for (std::size_t i = 0; i < result.points.size(); ++i) {
      const SensitivityPoint& point = result.points[i];
      for (std::size_t layer = 0; layer < point.divergence.size(); ++layer) {
        TableRow row = {result.label, count_cell(result.run.points[i]),
                        result.run.info.layers[layer]};
        append(row, mean_cells(point.divergence[layer]));
        append(row, {value_cell(point.median[layer]), count_cell(point.ended),
                     count_cell(point.too_short), value_cell(point.kept_probability.mean.value),
                     value_cell(point.forced_probability.mean.value),
                     value_cell(point.answer_changed.value)});
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

}  // namespace

std::vector<report::NamedTable> manifold_tables(const std::vector<Study>& studies) {
  return {
      {"manifold.csv", "distances of a problem's solutions at a layer", manifold_table(studies)},
      {"manifold_layers.csv", "mean of a distance over problems at a layer",
       manifold_layer_table(studies)}};
}

std::vector<report::NamedTable> sensitivity_tables(const std::vector<Study>& studies) {
  return {{"sensitivity.csv", "a branch of a problem after t tokens, at a layer",
           sensitivity_table(studies)},
          {"sensitivity_points.csv", "branches after t tokens at a layer, mean over problems",
           sensitivity_point_table(studies)}};
}

}  // namespace phiscope::analyze::sampling
