// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace phiscope::figure {

/// What a colour of a heatmap means.
enum class Colormap {
  diverging,   ///< blue - white - red, white at 0, limits symmetric
  sequential,  ///< dark to light (viridis)
};

/// A matrix of coloured cells; an undefined cell is grey and hatched.
struct Heatmap {
  std::vector<std::string> x_labels;          ///< [x], left to right
  std::vector<std::string> y_labels;          ///< [y], bottom to top
  std::vector<std::optional<double>> values;  ///< [y, x], finite where present
  Colormap map = Colormap::diverging;
  std::optional<double>
      limit;                ///< colours end at +-limit (sequential: 0 to limit); none: the data's
  std::string color_label;  ///< beside the colour bar; empty: no colour bar
  bool draw_y_labels = true;
  bool is_log = false;  ///< diverging: colours by the logarithm from a hundredth of the limit on
  std::vector<bool> marked;           ///< [y, x] or empty: cells set off by a star
  std::vector<std::size_t> x_breaks;  ///< a line before these columns, such as a layer's first head
  std::vector<std::size_t> y_breaks;  ///< a line below these rows
};

/// A curve, with a band around it where `low` and `high` are given.
struct Series {
  std::string name;
  std::vector<double> x;
  std::vector<std::optional<double>> y;     ///< [x]
  std::vector<std::optional<double>> low;   ///< [x] or empty
  std::vector<std::optional<double>> high;  ///< [x] or empty
  int color = 0;                            ///< as series_color() takes it
  int dash = 0;                             ///< 0 solid, 1 dashed, 2 dotted, 3 dash-dotted
  bool scattered = false;                   ///< points in any order, joined by no line
  std::vector<std::string> labels = {};     ///< [x] or empty: text above a point, where not empty
};

/// Curves over a common axis.
struct Lines {
  std::vector<Series> series;
  std::vector<double> x_ticks;             ///< where the x axis is labelled; empty: automatic
  std::vector<std::string> x_tick_labels;  ///< [x_ticks] or empty: the numbers
  std::optional<double> reference;         ///< a thin horizontal line, e.g. at 0
  bool log_y = false;                      ///< values <= 0 are left out
  std::vector<double> y_include = {};      ///< values that the axis covers as well
};

/// Heights of bars that stand on 0, with an interval where `low` and `high` are given.
struct BarSeries {
  std::string name;
  std::vector<std::optional<double>> values;  ///< [bar]; none: undefined, marked by a cross
  std::vector<std::optional<double>> low;     ///< [bar] or empty
  std::vector<std::optional<double>> high;    ///< [bar] or empty
  int color = 0;                              ///< as series_color() takes it
};

/// Bars of named things; those of several series are side by side.
struct Bars {
  std::vector<std::string> labels;  ///< [bar], left to right
  std::vector<BarSeries> series;
  std::optional<double> reference;  ///< a thin horizontal line
};

/// Bars between numbers; those of several series lie over each other, transparent.
struct Histogram {
  std::vector<double> edges;  ///< [bar + 1], ascending
  std::vector<BarSeries> series;
  std::optional<double> marker;  ///< a thin vertical line, such as an observed value
};

/// One plot of a figure.
struct Panel {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::variant<Heatmap, Lines, Bars, Histogram> content;
};

/// A line of the legend that all panels of a figure share.
struct LegendEntry {
  std::string text;
  int color = 0;  ///< -1: black
  int dash = 0;
};

/// A picture and what a reader must know about it. Writers (gnuplot, HTML) only read it.
struct Figure {
  std::string name;  ///< file stem, [A-Za-z0-9_.-]
  std::string title;
  std::string caption;     ///< what is drawn and how to read it
  std::string definition;  ///< formula of the quantity
  std::string source;      ///< where the numbers come from: files, options
  std::size_t columns = 1;
  std::vector<Panel> panels;            ///< row by row
  std::vector<std::string> row_titles;  ///< [row of panels] or empty
  std::vector<LegendEntry> legend;
  std::string tabs = {};       ///< figures of one name that follow each other are tabs of one place
  std::string tab = {};        ///< the figure's name among them, as "semantic"
  double lines_width = 250.0;  ///< of the narrowest panel of curves or histogram, in pixels
};

/// Colours of the series, "#rrggbb": Okabe and Ito's set, distinguishable with any colour vision.
[[nodiscard]] const std::vector<std::string>& palette();

/// The colour of the `place`-th of `count` things that have an order, such as context lengths: from
/// orange to dark violet, as series_color() takes it.
[[nodiscard]] int sequential_color(std::size_t place, std::size_t count);

/// "#rrggbb". @param color  index into palette(), a sequential_color(), or below 0: nearly black
[[nodiscard]] const std::string& series_color(int color);

/// Checks sizes, finiteness and the name.
/// @throws std::invalid_argument naming the panel and both sizes
void check(const Figure& figure);

/// A figure's name with letters, digits and `_` only, as gnuplot wants the ids of an SVG. Different
/// names stay different, so that several figures can stand in one page.
[[nodiscard]] std::string svg_id(const std::string& name);

/// How many values a figure has: the cells of its maps, the points of its curves, its
/// bars.
struct ValueCounts {
  std::size_t all = 0;
  std::size_t undefined = 0;
};
[[nodiscard]] ValueCounts count_values(const Figure& figure);

/// Largest absolute value of the heatmaps, for limits that several panels share; 0 if none is
/// defined.
[[nodiscard]] double largest_magnitude(const std::vector<const Heatmap*>& heatmaps);

}  // namespace phiscope::figure
