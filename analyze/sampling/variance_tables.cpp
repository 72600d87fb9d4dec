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

/// Where a cell of the variance is: one of all temperatures, layers and checkpoints.
struct SpreadPlace {
  std::size_t temperature = 0;
  std::size_t layer = 0;
  std::size_t checkpoint = 0;
};

std::vector<SpreadPlace> spread_places(const Variance& result) {
  std::vector<SpreadPlace> places;
  places.reserve(result.axes.means());
  for (std::size_t t = 0; t < result.axes.temperatures; ++t) {
    for (std::size_t layer = 0; layer < result.axes.layers; ++layer) {
      for (std::size_t c = 0; c < result.axes.checkpoints; ++c) places.push_back({t, layer, c});
    }
  }
  return places;
}

TableRow place_cells(const Variance& result, const std::string& problem, const SpreadPlace& place) {
  return {result.label, problem, result.run.temperatures[place.temperature],
          result.run.info.layers[place.layer],
          static_cast<std::int64_t>(result.run.checkpoints[place.checkpoint])};
}

/// Counts of a cell; of `all` their sums over problems.
TableRow count_cells(const SpreadCell& cell) {
  return {count_cell(cell.n), count_cell(cell.ended), count_cell(cell.too_short),
          count_cell(cell.missing), count_cell(cell.answered)};
}

SpreadCell summed(const Variance& result, const SpreadPlace& place) {
  SpreadCell sum;
  for (std::size_t p = 0; p < result.axes.problems; ++p) {
    const SpreadCell& cell = result.cell(p, place.temperature, place.layer, place.checkpoint);
    sum.n += cell.n;
    sum.ended += cell.ended;
    sum.too_short += cell.too_short;
    sum.missing += cell.missing;
    sum.answered += cell.answered;
  }
  return sum;
}

TableRow all_row(const Variance& result, const SpreadPlace& place) {
  TableRow row = place_cells(result, "all", place);
  append(row, count_cells(summed(result, place)));
  for (const Spread spread : all_spreads()) {
    const Estimate& mean =
        result.mean(place.temperature, place.layer, place.checkpoint, spread).mean;
    row.push_back(value_cell(mean.value));
    if (spread == Spread::trace_covariance) append(row, report::interval_cells(mean));
  }
  return row;
}

TableRow problem_row(const Variance& result, std::size_t problem, const SpreadPlace& place) {
  const SpreadCell& cell = result.cell(problem, place.temperature, place.layer, place.checkpoint);
  TableRow row = place_cells(result, result.run.info.problems[problem].id, place);
  append(row, count_cells(cell));
  for (const Spread spread : all_spreads()) {
    row.push_back(value_cell(cell[spread]));
    if (spread != Spread::trace_covariance) continue;
    // An interval is over problems, and this row is one.
    Estimate one{.value = cell[spread], .low = Status::few_units, .high = Status::few_units};
    one.units = 1;
    one.covers = "problems";
    append(row, report::interval_cells(one));
  }
  return row;
}

Table variance_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = {"run", "problem", "temperature", "layer",     "checkpoint",
                   "n",   "n_ended", "n_too_short", "n_missing", "n_answered"};
  for (const Spread spread : all_spreads()) {
    table.columns.emplace_back(spread_name(spread));
    if (spread == Spread::trace_covariance) {
      table.columns = columns(table.columns, report::interval_columns());
    }
  }
  for (const Study& study : studies) {
    if (!study.variance) continue;
    const Variance& result = *study.variance;
    for (const SpreadPlace& place : spread_places(result)) {
      table.rows.push_back(all_row(result, place));
      for (std::size_t p = 0; p < result.axes.problems; ++p) {
        table.rows.push_back(problem_row(result, p, place));
      }
    }
  }
  return table;
}

Table variance_mean_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = columns({"run", "temperature", "layer", "checkpoint", "measure"}, mean_columns());
  for (const Study& study : studies) {
    if (!study.variance) continue;
    const Variance& result = *study.variance;
    for (const SpreadPlace& place : spread_places(result)) {
      for (const Spread spread : all_spreads()) {
        TableRow row = place_cells(result, "all", place);
        row.erase(row.begin() + 1);
        row.emplace_back(std::string(spread_name(spread)));
        append(row,
               mean_cells(result.mean(place.temperature, place.layer, place.checkpoint, spread)));
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

}  // namespace

std::vector<report::NamedTable> variance_tables(const std::vector<Study>& studies) {
  return {{"variance.csv",
           "the samples of a problem at a temperature, layer and checkpoint; problem `all`: counts "
           "of all problems and means over them",
           variance_table(studies)},
          {"variance_means.csv", "mean of a measure over problems", variance_mean_table(studies)}};
}

}  // namespace phiscope::analyze::sampling
