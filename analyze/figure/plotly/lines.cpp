// SPDX-License-Identifier: MIT
#include "figure/end_labels.hpp"
#include "figure/plotly/panel.hpp"
#include "figure/plotly/plotly.hpp"
#include "figure/scale.hpp"
#include "figure/table.hpp"

#include <cmath>
#include <map>

namespace phiscope::figure {
namespace {

using Json = nlohmann::ordered_json;

/// Writes the content of a panel with curves.
class LinesWriter {
 public:
  LinesWriter(const Figure& figure, std::size_t index)
      : figure_(figure), index_(index), own_(figure.panels[index]) {}

  [[nodiscard]] PlotlyPanel panel(const Lines& lines) const {
    PlotlyPanel panel;
    const Range x = x_range(lines);
    panel.x_key = "l" + number_text(x.low) + ":" + number_text(x.high);
    panel.x_axis = {{"range", {x.low, x.high}}, {"showgrid", false}};
    if (!own_.x_label.empty()) panel.x_axis["title"] = plotly_title(own_.x_label);
    if (!lines.x_ticks.empty()) {
      Json texts = Json::array();
      for (std::size_t i = 0; i < lines.x_ticks.size(); ++i) {
        texts.push_back(lines.x_tick_labels.empty() ? number_text(lines.x_ticks[i])
                                                    : plotly_text(lines.x_tick_labels[i]));
      }
      panel.x_axis.update(
          {{"tickmode", "array"}, {"tickvals", lines.x_ticks}, {"ticktext", std::move(texts)}});
    }
    const Range y = y_range(lines);
    panel.y_axis = Json::object();
    if (!own_.y_label.empty()) panel.y_axis["title"] = plotly_title(own_.y_label);
    set_y_range(lines, y, panel.y_axis);

    for (const Series& series : lines.series) panel.traces.push_back(curve(series));
    for (const Series& series : lines.series) add_labels(lines, series, panel);
    for (const EndLabel& end : end_labels(figure_, lines)) add_end(lines, end, panel);
    if (lines.reference && drawable(lines, lines.reference)) add_reference(lines, panel);
    add_missing(lines, y.low, panel);
    if (!has_points(lines)) add_empty_note(figure_, index_, panel);
    return panel;
  }

 private:
  static Json numbers(const std::vector<std::optional<double>>& values) {
    Json result = Json::array();
    for (const auto& value : values) result.push_back(plotly_number(value));
    return result;
  }

  static void set_y_range(const Lines& lines, Range range, Json& axis) {
    if (!lines.log_y) {
      axis.update({{"range", {range.low, range.high}}, {"nticks", 6}});
      return;
    }
    Json places = Json::array();
    Json texts = Json::array();
    for (const double tick : log_ticks(range)) {
      places.push_back(tick);
      texts.push_back(tick_text(tick));
    }
    axis.update({{"type", "log"},
                 {"range", {std::log10(range.low), std::log10(range.high)}},
                 {"tickmode", "array"},
                 {"tickvals", std::move(places)},
                 {"ticktext", std::move(texts)}});
  }

  [[nodiscard]] Json curve(const Series& series) const {
    Json trace = plotly_trace(figure_, index_, "scatter", "curve");
    trace["meta"].update({{"series", series.name}, {"color", series.color}, {"dash", series.dash}});
    if (!series.low.empty()) {
      trace["meta"].update({{"low", numbers(series.low)}, {"high", numbers(series.high)}});
    }
    trace.update(
        {{"mode", series.scattered ? "markers" : "lines+markers"},
         {"x", series.x},
         {"y", numbers(series.y)},
         {"line", plotly_line(series.color, series.dash)},
         {"marker",
          {{"size", series.x.size() <= 12 ? 6 : 4}, {"color", plotly_color(series.color)}}},
         {"showlegend", false},
         {"hovertemplate", hover_heading(own_) + plotly_text(series.name) + "<br>" +
                               plotly_text(shared_label(figure_, index_, &Panel::x_label)) +
                               ": %{x}<br>" +
                               plotly_text(own_.y_label.empty() ? "value" : own_.y_label) +
                               ": %{customdata}<extra></extra>"}});
    return trace;
  }

  /// Texts above points, in the colour of their series.
  void add_labels(const Lines& lines, const Series& series, PlotlyPanel& panel) const {
    Json xs = Json::array();
    Json ys = Json::array();
    Json texts = Json::array();
    for (std::size_t i = 0; i < series.labels.size(); ++i) {
      if (series.labels[i].empty() || !drawable(lines, series.y[i])) continue;
      xs.push_back(series.x[i]);
      ys.push_back(*series.y[i]);
      texts.push_back(plotly_text(series.labels[i]));
    }
    if (texts.empty()) return;
    Json trace = texts_of(series, std::move(texts), "top center", 11.0);
    trace.update({{"x", std::move(xs)}, {"y", std::move(ys)}});
    panel.traces.push_back(std::move(trace));
  }

  /// The name of a curve beside its end.
  void add_end(const Lines& lines, const EndLabel& end, PlotlyPanel& panel) const {
    Json trace =
        texts_of(lines.series[end.series], {plotly_text(end.text)}, "middle right", end_label_size);
    trace.update({{"x", {end.x}}, {"y", {end.y}}});
    panel.traces.push_back(std::move(trace));
  }

  /// A trace of texts in the colour of their series, without places.
  [[nodiscard]] Json texts_of(const Series& series, Json texts, const char* position,
                              double size) const {
    Json trace = plotly_trace(figure_, index_, "scatter", "labels");
    trace["meta"].update({{"series", series.name}, {"color", series.color}, {"dash", series.dash}});
    trace.update({{"mode", "text"},
                  {"text", std::move(texts)},
                  {"textposition", position},
                  {"cliponaxis", false},
                  {"textfont", {{"size", size}, {"color", plotly_color(series.color)}}},
                  {"hoverinfo", "skip"},
                  {"showlegend", false}});
    return trace;
  }

  void add_reference(const Lines& lines, PlotlyPanel& panel) const {
    panel.shapes.push_back({{"type", "line"},
                            {"layer", "below"},
                            {"xref", plotly_axis('x', index_) + " domain"},
                            {"x0", 0},
                            {"x1", 1},
                            {"yref", plotly_axis('y', index_)},
                            {"y0", *lines.reference},
                            {"y1", *lines.reference},
                            {"line", {{"color", "#666666"}, {"width", 1.2}, {"dash", "4px,4px"}}}});
  }

  /// Crosses at the foot of the panel where curves have no point; the hover text names the curves.
  void add_missing(const Lines& lines, double foot, PlotlyPanel& panel) const {
    std::map<double, std::string> missing;
    for (const Series& series : lines.series) {
      for (std::size_t i = 0; i < series.x.size(); ++i) {
        if (drawable(lines, series.y[i])) continue;
        missing[series.x[i]] +=
            "<br>" + plotly_text(series.name) +
            (series.y[i] ? ": " + number_text(*series.y[i]) + ", below a logarithmic axis"
                         : ": undefined");
      }
    }
    if (missing.empty()) return;
    Json xs = Json::array();
    Json texts = Json::array();
    for (const auto& [x, text] : missing) {
      xs.push_back(x);
      texts.push_back(text);
    }
    Json trace = plotly_trace(figure_, index_, "scatter", "undefined");
    trace.update(
        {{"mode", "markers"},
         {"x", std::move(xs)},
         {"y", std::vector<double>(missing.size(), foot)},
         {"text", std::move(texts)},
         {"cliponaxis", false},
         {"marker",
          {{"symbol", "x-thin"}, {"size", 7}, {"line", {{"width", 1.5}, {"color", "#6b6b6b"}}}}},
         {"hovertemplate", hover_heading(own_) +
                               plotly_text(shared_label(figure_, index_, &Panel::x_label)) +
                               ": %{x}%{text}<extra></extra>"},
         {"showlegend", false}});
    panel.traces.push_back(std::move(trace));
  }

  [[nodiscard]] static bool has_points(const Lines& lines) {
    for (const Series& series : lines.series) {
      for (const auto& y : series.y) {
        if (drawable(lines, y)) return true;
      }
    }
    return false;
  }

  const Figure& figure_;
  std::size_t index_;
  const Panel& own_;
};

}  // namespace

PlotlyPanel plotly_panel(const Figure& figure, std::size_t index, const Lines& lines) {
  return LinesWriter(figure, index).panel(lines);
}

}  // namespace phiscope::figure
