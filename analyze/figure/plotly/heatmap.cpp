// SPDX-License-Identifier: MIT
#include "figure/layout.hpp"
#include "figure/plotly/panel.hpp"
#include "figure/plotly/plotly.hpp"
#include "figure/scale.hpp"
#include "figure/table.hpp"

#include <set>

namespace phiscope::figure {
namespace {

using Json = nlohmann::ordered_json;

/// What a hover label calls the values: the colour bar's label, which one panel of a row has.
std::string value_label(const Figure& figure, std::size_t index) {
  const std::size_t row = index / figure.columns;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const auto* map = std::get_if<Heatmap>(&figure.panels[i].content);
    if (i / figure.columns == row && map != nullptr && !map->color_label.empty()) {
      return map->color_label;
    }
  }
  return "value";
}

/// Names of categories. Equal names would fall together, so a repeated one gets zero-width spaces.
Json categories(const std::vector<std::string>& labels) {
  std::set<std::string> taken;
  Json result = Json::array();
  for (const std::string& label : labels) {
    std::string name = plotly_text(label);
    while (!taken.insert(name).second) name += "\u200b";
    result.push_back(std::move(name));
  }
  return result;
}

Json map_axis(const std::string& title, std::size_t cells, bool is_labelled) {
  const auto end = static_cast<double>(cells) - 0.5;
  return {{"type", "category"},
          {"range", {-0.5, end}},
          {"title", plotly_title(title)},
          {"showgrid", false},
          {"mirror", true},
          {"linecolor", "#8a8a8a"},
          {"ticks", ""},
          {"showticklabels", is_labelled}};
}

/// Grey cells and their hatching as SVG paths in units of cells, and nothing if all are defined.
void add_undefined_cells(const Heatmap& map, std::size_t index, PlotlyPanel& panel) {
  const std::size_t columns = map.x_labels.size();
  std::string cells;
  std::string hatching;
  const auto at = [](double x, double y) { return number_text(x) + "," + number_text(y); };
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    if (map.values[i]) continue;
    const std::size_t row = i / columns;
    const auto x = static_cast<double>(i % columns);
    const auto y = static_cast<double>(row);
    if (i % columns == 0 || map.values[i - 1]) {  // one rectangle for all that follow in the row
      std::size_t end = i + 1;
      while (end % columns != 0 && !map.values[end]) ++end;
      const double right = x + static_cast<double>(end - i) - 0.5;
      cells += "M" + at(x - 0.5, y - 0.5) + "L" + at(right, y - 0.5) + "L" + at(right, y + 0.5) +
               "L" + at(x - 0.5, y + 0.5) + "Z";
    }
    hatching += "M" + at(x - 0.5, y - 0.5) + "L" + at(x + 0.5, y + 0.5);
    if (map.values.size() > 2000) continue;  // one stroke a cell is enough for cells that small
    hatching += "M" + at(x - 0.5, y) + "L" + at(x, y + 0.5);
    hatching += "M" + at(x, y - 0.5) + "L" + at(x + 0.5, y);
  }
  if (cells.empty()) return;
  const Json shape = {{"type", "path"},
                      {"xref", plotly_axis('x', index)},
                      {"yref", plotly_axis('y', index)},
                      {"layer", "above"}};
  Json area = shape;
  area.update({{"path", cells}, {"fillcolor", "#dcdcdc"}, {"line", {{"width", 0}}}});
  Json lines = shape;
  lines.update({{"path", hatching}, {"line", {{"width", 0.8}, {"color", "#9a9a9a"}}}});
  panel.shapes.push_back(std::move(area));
  panel.shapes.push_back(std::move(lines));
}

/// The numbers and stars in the cells, dark on light cells and white on dark ones.
void add_numbers(const Figure& figure, std::size_t index, const Heatmap& map, PlotlyPanel& panel) {
  const Json x_names = categories(map.x_labels);
  const Json y_names = categories(map.y_labels);
  for (const bool is_dark : {false, true}) {
    Json xs = Json::array();
    Json ys = Json::array();
    Json texts = Json::array();
    for (std::size_t i = 0; i < map.values.size(); ++i) {
      const auto& value = map.values[i];
      if (!value || is_dark_cell(map, *value) != is_dark || cell_label(map, i).empty()) continue;
      xs.push_back(x_names[i % map.x_labels.size()]);
      ys.push_back(y_names[i / map.x_labels.size()]);
      texts.push_back(cell_label(map, i));
    }
    if (texts.empty()) continue;
    Json trace = plotly_trace(figure, index, "scatter", "numbers");
    trace.update({{"mode", "text"},
                  {"x", std::move(xs)},
                  {"y", std::move(ys)},
                  {"text", std::move(texts)},
                  {"textfont", {{"size", 10}, {"color", is_dark ? "#ffffff" : "#222222"}}},
                  {"hoverinfo", "skip"},
                  {"showlegend", false}});
    panel.traces.push_back(std::move(trace));
  }
}

/// Lines between columns and between rows, across the whole map.
void add_breaks(const Heatmap& map, std::size_t index, PlotlyPanel& panel) {
  const auto add = [&](char along, char across, std::size_t before) {
    const double at = static_cast<double>(before) - 0.5;
    const std::string a(1, along);
    const std::string b(1, across);
    panel.shapes.push_back({{"type", "line"},
                            {"layer", "above"},
                            {a + "ref", plotly_axis(along, index)},
                            {a + "0", at},
                            {a + "1", at},
                            {b + "ref", plotly_axis(across, index) + " domain"},
                            {b + "0", 0},
                            {b + "1", 1},
                            {"line", {{"color", "#fefefe"}, {"width", 1.2}}}});
  };
  for (const std::size_t column : map.x_breaks) add('x', 'y', column);
  for (const std::size_t row : map.y_breaks) add('y', 'x', row);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts) result += std::to_string(text.size()) + ":" + text;
  return result;
}

Json color_bar(const Heatmap& map, double limit) {
  Json bar = {
      {"title",
       {{"text", plotly_text(map.color_label)}, {"side", "right"}, {"font", {{"size", 11}}}}},
      {"xref", "paper"},
      {"xanchor", "left"},
      {"yanchor", "bottom"},
      {"lenmode", "fraction"},
      {"thickness", color_bar_width},
      {"xpad", 0},
      {"ypad", 0},
      {"outlinewidth", 0},
      {"tickfont", {{"size", 10}}},
      {"exponentformat", "power"}};
  if (!map.is_log) {
    bar.update({{"tick0", 0}, {"dtick", color_bar_step(limit)}});
    return bar;
  }
  Json places = Json::array();
  Json texts = Json::array();
  for (const double tick : log_color_ticks(limit)) {
    places.push_back(shade(map, tick));
    texts.push_back(tick_text(tick));
  }
  bar.update({{"tickmode", "array"}, {"tickvals", places}, {"ticktext", texts}});
  return bar;
}

std::string map_hover(const Figure& figure, std::size_t index) {
  const Panel& own = figure.panels[index];
  return hover_heading(own) + plotly_text(shared_label(figure, index, &Panel::x_label)) +
         ": %{x}<br>" + plotly_text(shared_label(figure, index, &Panel::y_label)) + ": %{y}<br>" +
         plotly_text(value_label(figure, index)) + ": %{customdata}<extra></extra>";
}

}  // namespace

PlotlyPanel plotly_panel(const Figure& figure, std::size_t index, const Heatmap& map) {
  const Panel& own = figure.panels[index];
  const double limit = map_limit(map);
  const double end = map.is_log ? 1.0 : limit;
  PlotlyPanel panel;
  panel.x_axis = map_axis(own.x_label, map.x_labels.size(), true);
  panel.y_axis = map_axis(own.y_label, map.y_labels.size(), map.draw_y_labels);
  const MapColumns columns = map_columns(map);
  panel.x_axis["tickangle"] = columns.is_turned ? -90 : 0;
  if (columns.step > 1) panel.x_axis["nticks"] = map.x_labels.size() / columns.step + 1;
  panel.x_key = "m" + joined(map.x_labels);
  panel.y_key = "m" + joined(map.y_labels);

  Json rows = Json::array();
  for (std::size_t y = 0; y < map.y_labels.size(); ++y) {
    Json row = Json::array();
    for (std::size_t x = 0; x < map.x_labels.size(); ++x) {
      row.push_back(plotly_number(map.values[y * map.x_labels.size() + x]));
    }
    rows.push_back(std::move(row));
  }
  Json colors = Json::array();
  const auto& stops = color_stops(map.map);
  for (std::size_t i = 0; i < stops.size(); ++i) {
    colors.push_back({static_cast<double>(i) / static_cast<double>(stops.size() - 1), stops[i]});
  }
  Json trace = plotly_trace(figure, index, "heatmap", "cells");
  trace.update({{"x", categories(map.x_labels)},
                {"y", categories(map.y_labels)},
                {"z", std::move(rows)},
                {"zmin", map.map == Colormap::diverging ? -end : 0.0},
                {"zmax", end},
                {"colorscale", std::move(colors)},
                {"showscale", !map.color_label.empty()},
                {"hovertemplate", map_hover(figure, index)}});
  if (!map.color_label.empty()) {
    panel.has_color_bar = true;
    trace["colorbar"] = color_bar(map, limit);
  }
  if (map.is_log) trace["meta"]["log_limit"] = limit;
  panel.traces.push_back(std::move(trace));
  if (shows_numbers(map) || !map.marked.empty()) add_numbers(figure, index, map, panel);
  add_undefined_cells(map, index, panel);
  add_breaks(map, index, panel);
  return panel;
}

}  // namespace phiscope::figure
