// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace phiscope::figure {

/// What one panel adds to Plotly's figure; the places of its axes are set by plotly_figure().
struct PlotlyPanel {
  std::vector<nlohmann::ordered_json> traces;
  std::vector<nlohmann::ordered_json> shapes;
  std::vector<nlohmann::ordered_json> annotations;
  nlohmann::ordered_json x_axis;
  nlohmann::ordered_json y_axis;
  std::string x_key;           ///< panels with equal keys are zoomed together
  std::string y_key;           ///< empty: alone
  bool has_color_bar = false;  ///< the first trace has one
};

/// The panel number `index` of a figure that passes check(), whose content is given.
[[nodiscard]] PlotlyPanel plotly_panel(const Figure& figure, std::size_t index, const Heatmap& map);
[[nodiscard]] PlotlyPanel plotly_panel(const Figure& figure, std::size_t index, const Lines& lines);
[[nodiscard]] PlotlyPanel plotly_panel(const Figure& figure, std::size_t index, const Bars& bars);
[[nodiscard]] PlotlyPanel plotly_panel(const Figure& figure, std::size_t index,
                                       const Histogram& histogram);

/// Says that there is no defined value, on axes that an empty trace makes Plotly draw.
void add_empty_note(const Figure& figure, std::size_t index, PlotlyPanel& panel);

/// "x", "x2", "x3", ...: Plotly's name for the axis of a panel.
[[nodiscard]] std::string plotly_axis(char letter, std::size_t panel);

/// Colour of a curve, "#rrggbb"; -1 is black.
[[nodiscard]] std::string plotly_color(int color);

/// Colour, width and dash of a curve.
[[nodiscard]] nlohmann::ordered_json plotly_line(int color, int dash);

/// The title of an axis.
[[nodiscard]] nlohmann::ordered_json plotly_title(const std::string& text);

/// The value, or null.
[[nodiscard]] nlohmann::ordered_json plotly_number(const std::optional<double>& value);

/// A trace on the axes of the panel, with `meta` that names its kind, row and panel.
[[nodiscard]] nlohmann::ordered_json plotly_trace(const Figure& figure, std::size_t index,
                                                  const char* type, const char* kind);

/// The beginning of a hover template: the panel's title, or nothing.
[[nodiscard]] std::string hover_heading(const Panel& panel);

/// The panel's own label, or that of a panel in its column (x) or row (y) that labels them all.
[[nodiscard]] std::string shared_label(const Figure& figure, std::size_t index,
                                       std::string Panel::*label);

}  // namespace phiscope::figure
