// SPDX-License-Identifier: MIT
#include "figure/gnuplot/frame.hpp"

#include "figure/scale.hpp"
#include "figure/table.hpp"

#include <array>
#include <ostream>

namespace phiscope::figure {
namespace {

std::string at_screen(const Layout& sizes, double x, double y) {
  return "screen " + number_text(x / sizes.width) + ", screen " + number_text(y / sizes.height);
}

constexpr std::size_t first_row_label = 5000;

std::string color_ticks(const Heatmap& map) {
  if (!map.is_log) return number_text(color_bar_step(map_limit(map)));
  std::string text;
  for (const double tick : log_color_ticks(map_limit(map))) {
    text += (text.empty() ? "(" : ", ") + gnuplot_literal(tick_text(tick)) + ' ' +
            number_text(shade(map, tick));
  }
  return text + ")";
}

void write_color_bar(const Heatmap& map, const PanelBox& box, const Layout& sizes,
                     std::ostream& commands) {
  if (map.color_label.empty()) {
    commands << "unset colorbox\n";
    return;
  }
  commands << "set colorbox user origin "
           << at_screen(sizes, box.left + box.width + color_bar_gap, box.bottom) << " size "
           << at_screen(sizes, color_bar_width, box.height) << " noborder\nset cbtics "
           << color_ticks(map)
           << " scale 0.3 format '%.3g' font ',9' offset -0.6,0 tc rgb "
              "'#222222'\nset cblabel "
           << gnuplot_literal(map.color_label) << " font ',10' offset 0.4,0\n";
}

}  // namespace

std::string gnuplot_literal(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return result + "'";
}

std::string gnuplot_color(int color) {
  return "'" + series_color(color) + "'";
}

std::string gnuplot_dash(int dash) {
  static const std::array<std::string, 4> patterns = {"dt 1", "dt (9,5)", "dt (2,4)",
                                                      "dt (9,4,2,4)"};
  return patterns[static_cast<std::size_t>(dash) % patterns.size()];
}

void write_frame(const Figure& figure, const Layout& sizes, std::ostream& commands) {
  commands << "set label 1 " << gnuplot_literal(figure.title) << " at "
           << at_screen(sizes, sizes.title_left, sizes.title_middle)
           << " left front font 'Arial:Bold,13'\n";
  for (std::size_t i = 0; i < figure.row_titles.size(); ++i) {
    commands << "set label " << first_row_label + i << ' ' << gnuplot_literal(figure.row_titles[i])
             << " at " << at_screen(sizes, sizes.title_left, sizes.row_titles[i])
             << " left front font 'Arial:Bold,11'\n";
  }
  // Each width is a little different, or gnuplot's SVG would give equal colours the first one's
  // dashes.
  for (std::size_t i = 0; i < figure.legend.size(); ++i) {
    const LegendPlace& place = sizes.legend[i];
    commands << "set arrow " << i + 1 << " from " << at_screen(sizes, place.left, place.middle)
             << " to " << at_screen(sizes, place.left + legend_key_width - 8.0, place.middle)
             << " nohead front lw " << number_text(2.2 + 0.01 * static_cast<double>(i)) << " lc "
             << gnuplot_color(figure.legend[i].color) << ' ' << gnuplot_dash(figure.legend[i].dash)
             << "\nset label " << i + 2 << ' ' << gnuplot_literal(figure.legend[i].text) << " at "
             << at_screen(sizes, place.left + legend_key_width, place.middle)
             << " left front font ',11'\n";
  }
}

void write_panel_frame(const Panel& panel, const PanelBox& box, const Layout& sizes,
                       std::ostream& commands) {
  commands
      << "set lmargin at screen " << number_text(box.left / sizes.width)
      << "\nset rmargin at screen " << number_text((box.left + box.width) / sizes.width)
      << "\nset bmargin at screen " << number_text(box.bottom / sizes.height)
      << "\nset tmargin at screen " << number_text((box.bottom + box.height) / sizes.height)
      << "\nset title " << gnuplot_literal(panel.title) << " font ',12' offset 0,-0.6\nset xlabel "
      << gnuplot_literal(panel.x_label) << " font ',11' offset 0,0.3\nset ylabel "
      << gnuplot_literal(panel.y_label)
      << " font ',11' offset 0.6,0\nset border 15 lw 0.6 lc '#888888'\nunset label 9001\n"
      << "set xtics norotate font ',10' offset 0,0.2 tc rgb '#222222'\nset ytics font ',10' offset "
         "0.4,0 tc rgb '#222222'\n";
  if (const auto* map = std::get_if<Heatmap>(&panel.content)) {
    write_color_bar(*map, box, sizes, commands);
  } else {
    commands << "unset colorbox\n";
  }
}

}  // namespace phiscope::figure
