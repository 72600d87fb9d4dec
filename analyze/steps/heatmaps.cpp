// SPDX-License-Identifier: MIT
#include "report/drawn.hpp"
#include "steps/definitions.hpp"
#include "steps/figures.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace phiscope::analyze::steps {
namespace {

using figure::Figure;
using figure::Heatmap;
using figure::Panel;

/// The kinds with steps and layers that a run has.
std::vector<Kind> map_kinds(const std::vector<Result>& results) {
  std::vector<Kind> kinds;
  for (const Kind kind : {Kind::cumulative, Kind::single, Kind::leave_one}) {
    const bool has = std::any_of(results.begin(), results.end(), [kind](const Result& result) {
      return result.data.has_kind(kind);
    });
    if (has) kinds.push_back(kind);
  }
  return kinds;
}

/// The lanes of a kind at a layer.
std::vector<std::size_t> lanes_at(const Steps& data, Kind kind, std::int64_t layer) {
  std::vector<std::size_t> lanes;
  for (std::size_t lane = 0; lane < data.lanes.size(); ++lane) {
    if (data.lanes[lane].kind == kind && data.lanes[lane].layer == layer) lanes.push_back(lane);
  }
  return lanes;
}

std::vector<std::string> step_labels(const Steps& data, const std::vector<std::size_t>& lanes) {
  std::vector<std::string> labels;
  labels.reserve(lanes.size());
  for (const std::size_t lane : lanes) labels.push_back(step_text(data.lanes[lane].step));
  return labels;
}

Panel map_panel(Kind kind, Heatmap map) {
  Panel panel;
  panel.title = std::string(kind_name(kind));
  panel.x_label = axis_text(kind);
  map.map = figure::Colormap::sequential;
  map.limit = 1.0;
  if (map.values.empty())
    panel.content = figure::Lines{};
  else
    panel.content = std::move(map);
  return panel;
}

/// A row of panels: labels on the left, a colour bar on the right.
void add_row(Figure& figure, std::vector<Panel> row, const std::string& title,
             const std::string& y_label) {
  row.front().y_label = y_label;
  for (std::size_t i = 0; i < row.size(); ++i) {
    auto* map = std::get_if<Heatmap>(&row[i].content);
    if (map == nullptr) continue;
    map->draw_y_labels = i == 0;
    if (i + 1 == row.size()) map->color_label = "importance";
  }
  figure.columns = row.size();
  figure.row_titles.push_back(title);
  std::move(row.begin(), row.end(), std::back_inserter(figure.panels));
}

std::vector<std::size_t> strata_of(const Result& result) {
  std::vector<std::size_t> groups;
  for (std::size_t group = 1; group < result.groups.size(); ++group) {
    const Group& of = result.groups[group];
    if (of.stratum && of.part == result.chief()) groups.push_back(group);
  }
  return groups;
}

Heatmap strata_map(const Result& result, Kind kind, std::int64_t layer) {
  Heatmap map;
  const auto lanes = lanes_at(result.data, kind, layer);
  map.x_labels = step_labels(result.data, lanes);
  for (const std::size_t group : strata_of(result)) {
    const std::size_t right = result.groups[group].baseline.counts.baseline_right;
    map.y_labels.push_back(result.groups[group].name + " steps (" + std::to_string(right) + ")");
    for (const std::size_t lane : lanes) {
      map.values.push_back(right < least_right
                               ? std::nullopt
                               : report::drawn(result.cell(group, lane).importance.value));
    }
  }
  return map;
}

Heatmap layer_map(const Result& result, Kind kind) {
  Heatmap map;
  for (const std::int64_t layer : result.data.axes.layers) {
    const auto lanes = lanes_at(result.data, kind, layer);
    if (lanes.empty()) continue;
    map.x_labels = step_labels(result.data, lanes);
    map.y_labels.push_back(std::to_string(layer));
    for (const std::size_t lane : lanes) {
      map.values.push_back(report::drawn(result.cell(0, lane).importance.value));
    }
  }
  return map;
}

Figure map_figure(const std::string& name, const std::string& title, const std::string& caption) {
  Figure figure;
  figure.name = name;
  figure.title = title;
  figure.caption = caption;
  figure.definition = importance_definition();
  figure.source = "steps.csv";
  return figure;
}

/// The figure if it shows anything.
std::vector<Figure> if_drawn(Figure figure) {
  const figure::ValueCounts counts = figure::count_values(figure);
  if (counts.all == counts.undefined) return {};
  return {std::move(figure)};
}

}  // namespace

std::vector<Figure> strata_maps(const std::vector<Result>& results) {
  Figure figure = map_figure(
      "strata_importance", "Importance by step and difficulty",
      "Rows are strata: steps of the worked answer, and in brackets n, the number of right answers "
      "in the baseline. Grey: fewer than 5 right answers. Intervals and tests in steps.csv and "
      "tests.csv.");
  const std::vector<Kind> kinds = map_kinds(results);
  if (kinds.empty()) return {};
  for (const Result& result : results) {
    if (strata_of(result).empty()) continue;
    for (const std::int64_t layer : result.data.axes.layers) {
      std::vector<Panel> row;
      row.reserve(kinds.size());
      for (const Kind kind : kinds) row.push_back(map_panel(kind, strata_map(result, kind, layer)));
      add_row(figure, std::move(row), result.label + ", layer " + std::to_string(layer), "");
    }
  }
  return if_drawn(std::move(figure));
}

std::vector<Figure> layer_maps(const std::vector<Result>& results) {
  Figure figure = map_figure("layers_importance", "Importance by layer and step",
                             "Thoughts are changed after the block of one layer. All problems of "
                             "the chief sample; intervals and tests in steps.csv.");
  const std::vector<Kind> kinds = map_kinds(results);
  if (kinds.empty()) return {};
  for (const Result& result : results) {
    if (!result.data.several_layers()) continue;
    std::vector<Panel> row;
    row.reserve(kinds.size());
    for (const Kind kind : kinds) row.push_back(map_panel(kind, layer_map(result, kind)));
    add_row(figure, std::move(row), result.label, "layer");
  }
  return if_drawn(std::move(figure));
}

}  // namespace phiscope::analyze::steps
