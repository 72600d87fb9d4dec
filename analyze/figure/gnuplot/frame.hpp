// SPDX-License-Identifier: MIT
#pragma once

#include "figure/layout.hpp"

#include <iosfwd>
#include <string>

namespace phiscope::figure {

/// A gnuplot string literal. Single quotes know no escapes and no substitution; a quote is doubled
/// and control characters, which would end the line, become spaces.
[[nodiscard]] std::string gnuplot_literal(const std::string& text);

/// A colour of a series in quotes.
[[nodiscard]] std::string gnuplot_color(int color);

/// "dt ...": how a series is dashed.
[[nodiscard]] std::string gnuplot_dash(int dash);

/// Commands for the titles of the figure and of its rows, and for its legend.
void write_frame(const Figure& figure, const Layout& sizes, std::ostream& commands);

/// Commands for a panel's margins, titles and colour bar.
void write_panel_frame(const Panel& panel, const PanelBox& box, const Layout& sizes,
                       std::ostream& commands);

}  // namespace phiscope::figure
