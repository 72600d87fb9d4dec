// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"

#include <string>
#include <vector>

namespace phiscope::figure {

/// Where a panel's axes lie, in pixels from the lower left corner of the figure.
struct PanelBox {
  double left = 0.0;
  double bottom = 0.0;
  double width = 0.0;
  double height = 0.0;
};

/// Where a legend entry begins; its text starts legend_key_width to the right.
struct LegendPlace {
  double left = 0.0;
  double middle = 0.0;
};

/// Sizes of everything in a figure, in pixels at 96 dpi.
struct Layout {
  double width = 0.0;
  double height = 0.0;
  double title_left = 0.0;
  double title_middle = 0.0;
  std::vector<PanelBox> panels;  ///< [panel]
  std::vector<double>
      row_titles;  ///< [row title], heights of their middles; they begin at title_left
  std::vector<LegendPlace> legend;  ///< [legend entry]
};

inline constexpr double lines_height = 170.0;  ///< of a panel with curves or bars
inline constexpr double legend_key_width = 34.0;
inline constexpr double color_bar_width = 11.0;
inline constexpr double color_bar_gap = 9.0;

/// Places the panels on a grid of `figure.columns` columns; a function of the figure alone.
[[nodiscard]] Layout layout(const Figure& figure);

/// Whether the cells of the heatmap are large and few enough to hold their numbers.
[[nodiscard]] bool shows_numbers(const Heatmap& map);

/// How the columns of a heatmap are drawn: no wider than their labels want, and narrower where that
/// would make the panel wider than a page.
struct MapColumns {
  double width = 0.0;         ///< of one, in pixels
  std::size_t step = 1;       ///< every how many columns a label has room
  bool is_turned = false;     ///< the labels stand upright
  double label_height = 0.0;  ///< room below the panel, in pixels
};
[[nodiscard]] MapColumns map_columns(const Heatmap& map);

/// Every how many rows of the heatmap a label has room.
[[nodiscard]] std::size_t y_label_step(const Heatmap& map);

/// Width of a text in pixels, estimated as for Arial of `size` pixels.
[[nodiscard]] double text_width(const std::string& text, double size);

}  // namespace phiscope::figure
