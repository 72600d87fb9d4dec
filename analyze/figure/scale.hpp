// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"

#include <string>
#include <vector>

namespace phiscope::figure {

/// From `low` to `high`, low < high.
struct Range {
  double low = 0.0;
  double high = 1.0;
};

/// Colours of a map from its lower to its upper end, "#rrggbb", evenly spaced: ColorBrewer's RdBu
/// with blue first, matplotlib's viridis.
[[nodiscard]] const std::vector<std::string>& color_stops(Colormap map);

/// Where the colours of the map end: its limit, or the largest magnitude of its values; 1 where
/// that is 0.
[[nodiscard]] double map_limit(const Heatmap& map);

/// Where a value lies between the colours' ends: -1 to 1, of a sequential map 0 to 1. Logarithmic
/// maps: sign(v) log(1 + 100 |v| / limit) / log(101), which is linear near 0.
[[nodiscard]] double shade(const Heatmap& map, double value);

/// Where the colour bar of a logarithmic map is labelled: 0, the limit cut to two digits and a
/// tenth of it, with both signs.
[[nodiscard]] std::vector<double> log_color_ticks(double limit);

/// Distance of the labels of a colour bar that ends at `limit`: 1, 2 or 5 times a power of ten.
[[nodiscard]] double color_bar_step(double limit);

/// A cell's number with the decimals that show three significant digits of `limit`: all cells of a
/// map have equal counts.
[[nodiscard]] std::string cell_text(double value, double limit);

/// What stands in a cell that is defined: its number where the cells have room for it
/// (shows_numbers()), and a star where it is marked. @pre map.values[cell]
[[nodiscard]] std::string cell_label(const Heatmap& map, std::size_t cell);

/// Whether the cell's colour wants white text.
[[nodiscard]] bool is_dark_cell(const Heatmap& map, double value);

/// What the horizontal axis covers: all points of all series and a margin.
[[nodiscard]] Range x_range(const Lines& lines);

/// What the vertical axis covers: curves, bands, the reference line, what it is to include, and a
/// margin.
[[nodiscard]] Range y_range(const Lines& lines);

/// Whether the value has a place on the vertical axis: it is defined, and above 0 if that is
/// logarithmic.
[[nodiscard]] bool drawable(const Lines& lines, const std::optional<double>& value);

/// Where a logarithmic axis is labelled: 1, 2 and 5 of every decade, or 1 alone where there are
/// many; at even distances where that leaves less than two. @pre 0 < range.low
[[nodiscard]] std::vector<double> log_ticks(Range range);

/// The label: up to three significant digits.
[[nodiscard]] std::string tick_text(double tick);

}  // namespace phiscope::figure
