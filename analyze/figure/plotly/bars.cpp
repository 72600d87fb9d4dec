// SPDX-License-Identifier: MIT
#include "figure/bars.hpp"

#include "figure/plotly/panel.hpp"
#include "figure/plotly/plotly.hpp"
#include "figure/table.hpp"

#include <algorithm>
#include <utility>

namespace phiscope::figure {
namespace {

using Json = nlohmann::ordered_json;

/// Writes the content of a panel with bars or a histogram.
template <class Content>
class BarsWriter {
 public:
  BarsWriter(const Figure& figure, std::size_t index, const Content& content)
      : figure_(figure), index_(index), own_(figure.panels[index]), content_(content) {}

  [[nodiscard]] PlotlyPanel panel(double opacity) const {
    PlotlyPanel panel;
    const Range x = x_range(content_);
    const Range y = y_range(content_);
    panel.x_axis = {{"range", {x.low, x.high}}, {"showgrid", false}};
    panel.y_axis = {{"range", {y.low, y.high}}, {"nticks", 6}};
    if (!own_.x_label.empty()) panel.x_axis["title"] = plotly_title(own_.x_label);
    if (!own_.y_label.empty()) panel.y_axis["title"] = plotly_title(own_.y_label);
    bool any = false;
    for (std::size_t s = 0; s < content_.series.size(); ++s) {
      const std::vector<Bar> bars = bars_of(content_, s);
      any = any || std::ranges::any_of(bars, [](const Bar& bar) { return bar.value.has_value(); });
      panel.traces.push_back(trace(content_.series[s], bars, opacity));
      add_missing(content_.series[s], bars, y.low, panel);
    }
    if (!any) add_empty_note(figure_, index_, panel);
    return panel;
  }

 private:
  [[nodiscard]] std::string hover(const std::string& name) const {
    return hover_heading(own_) + plotly_text(name) + "<br>" +
           plotly_text(shared_label(figure_, index_, &Panel::x_label)) + ": %{text}<br>";
  }

  [[nodiscard]] Json trace(const BarSeries& series, const std::vector<Bar>& bars,
                           double opacity) const {
    Json made = plotly_trace(figure_, index_, "bar", "bar");
    Json places = Json::array();
    Json widths = Json::array();
    Json values = Json::array();
    Json texts = Json::array();
    Json low = Json::array();
    Json high = Json::array();
    Json below = Json::array();
    Json above = Json::array();
    for (const Bar& bar : bars) {
      places.push_back(bar.middle());
      widths.push_back(bar.right - bar.left);
      values.push_back(plotly_number(bar.value));
      texts.push_back(plotly_text(bar.label));
      low.push_back(plotly_number(bar.low));
      high.push_back(plotly_number(bar.high));
      below.push_back(bar.low ? Json(*bar.value - *bar.low) : Json(nullptr));
      above.push_back(bar.high ? Json(*bar.high - *bar.value) : Json(nullptr));
    }
    made["meta"].update({{"series", series.name}, {"color", series.color}, {"dash", 0}});
    if (!series.low.empty()) {
      made["meta"].update({{"low", std::move(low)}, {"high", std::move(high)}});
      made["error_y"] = {{"type", "data"},
                         {"symmetric", false},
                         {"array", std::move(above)},
                         {"arrayminus", std::move(below)},
                         {"color", "#222222"},
                         {"thickness", 1.5},
                         {"width", 4}};
    }
    made.update({{"x", std::move(places)},
                 {"width", std::move(widths)},
                 {"y", std::move(values)},
                 {"text", std::move(texts)},
                 {"textposition", "none"},
                 {"marker", {{"color", plotly_color(series.color)}, {"opacity", opacity}}},
                 {"showlegend", false},
                 {"hovertemplate", hover(series.name) +
                                       plotly_text(own_.y_label.empty() ? "value" : own_.y_label) +
                                       ": %{customdata}<extra></extra>"}});
    return made;
  }

  /// Crosses at the foot of the panel where bars are undefined.
  void add_missing(const BarSeries& series, const std::vector<Bar>& bars, double foot,
                   PlotlyPanel& panel) const {
    Json places = Json::array();
    Json texts = Json::array();
    for (const Bar& bar : bars) {
      if (bar.value) continue;
      places.push_back(bar.middle());
      texts.push_back(plotly_text(bar.label));
    }
    if (places.empty()) return;
    Json made = plotly_trace(figure_, index_, "scatter", "undefined");
    made.update(
        {{"mode", "markers"},
         {"y", std::vector<double>(places.size(), foot)},
         {"x", std::move(places)},
         {"text", std::move(texts)},
         {"cliponaxis", false},
         {"marker",
          {{"symbol", "x-thin"}, {"size", 7}, {"line", {{"width", 1.5}, {"color", "#6b6b6b"}}}}},
         {"hovertemplate", hover(series.name) + "undefined<extra></extra>"},
         {"showlegend", false}});
    panel.traces.push_back(std::move(made));
  }

  const Figure& figure_;
  std::size_t index_;
  const Panel& own_;
  const Content& content_;
};

/// A thin line across the panel along one axis, at a value of the other.
Json thin_line(std::size_t index, char across, double at) {
  const char other = across == 'x' ? 'y' : 'x';
  return {{"type", "line"},
          {"layer", across == 'x' ? "below" : "above"},
          {std::string(1, across) + "ref", plotly_axis(across, index) + " domain"},
          {std::string(1, across) + "0", 0},
          {std::string(1, across) + "1", 1},
          {std::string(1, other) + "ref", plotly_axis(other, index)},
          {std::string(1, other) + "0", at},
          {std::string(1, other) + "1", at},
          {"line", {{"color", "#444444"}, {"width", 1.2}, {"dash", "4px,4px"}}}};
}

}  // namespace

PlotlyPanel plotly_panel(const Figure& figure, std::size_t index, const Bars& bars) {
  PlotlyPanel panel = BarsWriter(figure, index, bars).panel(1.0);
  Json places = Json::array();
  Json texts = Json::array();
  panel.x_key = "b";
  for (std::size_t i = 0; i < bars.labels.size(); i += bar_label_step(bars)) {
    places.push_back(i);
    texts.push_back(plotly_text(bars.labels[i]));
  }
  for (const std::string& label : bars.labels) panel.x_key += ":" + label;
  panel.x_axis.update({{"tickmode", "array"},
                       {"tickvals", std::move(places)},
                       {"ticktext", std::move(texts)},
                       {"tickangle", 0}});
  if (bars.reference) panel.shapes.push_back(thin_line(index, 'x', *bars.reference));
  return panel;
}

PlotlyPanel plotly_panel(const Figure& figure, std::size_t index, const Histogram& histogram) {
  PlotlyPanel panel =
      BarsWriter(figure, index, histogram).panel(histogram.series.size() > 1 ? 0.5 : 1.0);
  const Range x = x_range(histogram);
  panel.x_key = "h" + number_text(x.low) + ":" + number_text(x.high);
  if (histogram.marker) panel.shapes.push_back(thin_line(index, 'y', *histogram.marker));
  return panel;
}

}  // namespace phiscope::figure
