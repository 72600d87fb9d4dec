// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"

#include <string>

namespace phiscope::figure {

/// A figure as Plotly.newPlot() takes it, and the size it is made for.
struct PlotlyFigure {
  std::string json;    ///< {"data": [trace], "layout": {...}, "narrow": {...}}
  double width = 0.0;  ///< pixels; positions are fractions, so it may be drawn wider or narrower
  double least_width = 0.0;  ///< pixels; its labels touch where it is drawn narrower
  double height = 0.0;       ///< pixels
};

/// The figure for Plotly, with the places, colours and dashes of the gnuplot writer.
///
/// The JSON is strict and ASCII, without NaN and without '<', so that it can stand in a <script>.
/// An undefined value is null: a grey, hatched cell, or a grey cross at the foot of a curve's
/// panel. `meta` of a trace says what it is: "kind" is cells, curve, undefined, empty or key (a
/// line of the legend); "row", "panel" and "series" are plain texts; "color" and "dash" tie curves
/// to the legend. Numbers are stored once, so two things are left to the script of the page
/// (page.hpp): the text
/// %{customdata} of the hover labels, and the bands between meta.low and meta.high of the curves.
/// "narrow", where the figure has several columns or is wider than a phone: "width", "height", what
/// "layout" has instead and [trace, color bar] for a window in which its panels must stand below
/// one another. Curves are then narrower where the figure fits a phone by that.
/// @throws std::invalid_argument as check()
[[nodiscard]] PlotlyFigure plotly_figure(const Figure& figure);

/// The text as Plotly shows it unchanged: Plotly reads labels as a kind of HTML, and "%{" in a
/// template as a variable.
[[nodiscard]] std::string plotly_text(const std::string& text);

}  // namespace phiscope::figure
