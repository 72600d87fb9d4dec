// SPDX-License-Identifier: MIT
#include "figure/bars.hpp"
#include "figure/end_labels.hpp"
#include "figure/gnuplot/frame.hpp"
#include "figure/gnuplot/gnuplot.hpp"
#include "figure/layout.hpp"
#include "figure/scale.hpp"
#include "figure/table.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace phiscope::figure {
namespace {

/// The colour of a band: a fifth of its strength, a tenth where many bands overlap.
std::string faint(int index, std::size_t bands) {
  return (bands > 6 ? "'#e4" : "'#d0") + gnuplot_color(index).substr(2);
}

/// A text of a data block, which knows no way to write a quote.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    result += static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' ? ' ' : c;
  }
  return result + "\"";
}

constexpr std::size_t first_break = 6001;  // number of the first arrow that is a line of a map

/// Writes the commands of one panel: data blocks first, since they may not follow `set multiplot`.
class PanelScript {
 public:
  PanelScript(const Figure& figure, std::size_t index, std::ostream& data, std::ostream& commands)
      : figure_(figure), prefix_("$p" + std::to_string(index)), data_(data), commands_(commands) {}

  void operator()(const Heatmap& map) {
    const double limit = map.is_log ? 1.0 : map_limit(map);
    const double low = map.map == Colormap::diverging ? -limit : 0.0;
    commands_ << "set xrange [-0.5:" << number_text(static_cast<double>(map.x_labels.size()) - 0.5)
              << "]\nset yrange [-0.5:"
              << number_text(static_cast<double>(map.y_labels.size()) - 0.5) << "]\nset cbrange ["
              << number_text(low) << ':' << number_text(limit)
              << "]\nunset logscale y\nunset grid\nset tics scale 0\n";
    const MapColumns columns = map_columns(map);
    ticks(columns.is_turned ? "xtics rotate by 90 right" : "xtics", map.x_labels, columns.step);
    const std::size_t step = y_label_step(map);
    if (map.draw_y_labels) ticks("ytics", map.y_labels, step);
    if (!map.draw_y_labels) commands_ << "unset ytics\n";
    commands_ << "set palette defined (";
    const std::vector<std::string>& colors = color_stops(map.map);
    for (std::size_t i = 0; i < colors.size(); ++i) {
      commands_ << (i > 0 ? ", " : "") << i << " '" << colors[i] << '\'';
    }
    commands_ << ")\n";
    const std::size_t lines = set_breaks(map);
    heatmap_data(map);
    for (std::size_t i = 0; i < lines; ++i) commands_ << "unset arrow " << first_break + i << '\n';
  }

  void operator()(const Lines& lines) {
    axes(lines.log_y);
    x_axis(lines);
    y_axis(lines);
    std::vector<std::string> plots;
    for (std::size_t i = 0; i < lines.series.size(); ++i) band(lines, lines.series[i], i, plots);
    if (lines.reference) {
      plots.push_back(number_text(*lines.reference) + " with lines lc '#888888' lw 0.8 dt (4,4)");
    }
    for (std::size_t i = 0; i < lines.series.size(); ++i) curve(lines, lines.series[i], i, plots);
    for (std::size_t i = 0; i < lines.series.size(); ++i) labels(lines, lines.series[i], i, plots);
    for (const EndLabel& end : end_labels(figure_, lines)) end_label(lines, end, plots);
    plot_or_say_so(plots, lines.reference ? 1 : 0);
  }

  void operator()(const Bars& bars) {
    bar_axes(bars);
    const std::size_t step = bar_label_step(bars);
    ticks("xtics", bars.labels, step);
    std::vector<std::string> plots;
    if (bars.reference) {
      plots.push_back(number_text(*bars.reference) + " with lines lc '#888888' lw 0.8 dt (4,4)");
    }
    for (std::size_t s = 0; s < bars.series.size(); ++s) bar_series(bars, s, "solid", plots);
    plot_or_say_so(plots, bars.reference ? 1 : 0);
  }

  void operator()(const Histogram& histogram) {
    bar_axes(histogram);
    commands_ << "set xtics auto\n";
    const char* const fill = histogram.series.size() > 1 ? "transparent solid 0.5" : "solid";
    std::vector<std::string> plots;
    for (std::size_t s = 0; s < histogram.series.size(); ++s) {
      bar_series(histogram, s, fill, plots);
    }
    if (histogram.marker && !plots.empty()) {
      const Range range = y_range(histogram);
      const std::string at = number_text(*histogram.marker) + ' ';
      block("m", at + number_text(range.low) + '\n' + at + number_text(range.high) + '\n');
      plots.push_back(prefix_ + "m using 1:2 with lines lc '#222222' lw 1.2 dt (4,4)");
    }
    plot_or_say_so(plots, 0);
  }

 private:
  void axes(bool is_log) {
    commands_ << "set border 3 lw 0.8 lc '#444444'\nset tics nomirror scale 0.5\n"
              << (is_log ? "set logscale y\n" : "unset logscale y\n")
              << "set grid ytics lw 0.5 lc '#e2e2e2' dt 1\nset ytics auto format '%.4g'\n";
  }

  /// @param others  plots that show no value
  void plot_or_say_so(std::vector<std::string>& plots, std::size_t others) {
    if (plots.size() == others) {
      commands_ << "set label 9001 'no defined value' at graph 0.5,0.6 center tc rgb '#777777'\n";
    }
    if (plots.empty()) plots.emplace_back("1/0");
    plot(plots);
  }

  template <class Content>
  void bar_axes(const Content& content) {
    axes(/*is_log=*/false);
    const Range x = x_range(content);
    const Range y = y_range(content);
    commands_ << "set xrange [" << number_text(x.low) << ':' << number_text(x.high)
              << "]\nset yrange [" << number_text(y.low) << ':' << number_text(y.high) << "]\n";
  }

  /// Rectangles from 0, intervals over them, and crosses where a bar is undefined.
  template <class Content>
  void bar_series(const Content& content, std::size_t index, const std::string& fill,
                  std::vector<std::string>& plots) {
    std::ostringstream boxes;
    std::ostringstream intervals;
    std::ostringstream missing;
    const double foot = y_range(content).low;
    for (const Bar& bar : bars_of(content, index)) {
      const std::string middle = number_text(bar.middle()) + ' ';
      if (!bar.value) {
        missing << middle << number_text(foot) << '\n';
        continue;
      }
      boxes << middle << number_text(*bar.value) << ' ' << number_text(bar.left) << ' '
            << number_text(bar.right) << '\n';
      if (!bar.low) continue;
      intervals << middle << number_text(*bar.low) << ' ' << number_text(*bar.high) << '\n';
    }
    const std::string name = std::to_string(index);
    if (block("b" + name, boxes.str())) {
      plots.push_back(prefix_ + "b" + name + " using 1:2:3:4:(0):2 with boxxyerror lc rgb " +
                      gnuplot_color(content.series[index].color) + " fs " + fill +
                      " border lc rgb '#ffffff'");
    }
    if (block("i" + name, intervals.str())) {  // error bars would have a white dot
      plots.push_back(prefix_ + "i" + name +
                      " using 1:2:(0):($3-$2) with vectors heads size screen 0.004,90 nofilled lc "
                      "'#222222' lw 1.2");
    }
    if (block("u" + name, missing.str())) {
      plots.push_back(prefix_ + "u" + name +
                      " using 1:2 with points pt 2 ps 0.6 lw 1.2 lc '#777777'");
    }
  }

  void ticks(const std::string& axis, const std::vector<std::string>& labels, std::size_t step) {
    commands_ << "set " << axis << " (";
    for (std::size_t i = 0; i < labels.size(); i += step) {
      commands_ << (i > 0 ? ", " : "") << gnuplot_literal(labels[i]) << ' ' << i;
    }
    commands_ << ")\n";
  }

  /// White lines across the map, from one edge to the other. Returns how many.
  std::size_t set_breaks(const Heatmap& map) {
    std::size_t number = first_break;
    const auto add = [this, &number](const std::string& from, const std::string& to) {
      commands_ << "set arrow " << number++ << " from " << from << " to " << to
                << " nohead front lw 1.2 lc '#fefefe'\n";
    };
    for (const std::size_t column : map.x_breaks) {
      const std::string at = "first " + number_text(static_cast<double>(column) - 0.5);
      add(at + ", graph 0", at + ", graph 1");
    }
    for (const std::size_t row : map.y_breaks) {
      const std::string at = "first " + number_text(static_cast<double>(row) - 0.5);
      add("graph 0, " + at, "graph 1, " + at);
    }
    return number - first_break;
  }

  void heatmap_data(const Heatmap& map) {
    std::ostringstream defined;
    std::ostringstream missing;
    std::ostringstream dark;
    std::ostringstream light;
    for (std::size_t i = 0; i < map.values.size(); ++i) {
      const std::string place =
          std::to_string(i % map.x_labels.size()) + ' ' + std::to_string(i / map.x_labels.size());
      const auto& value = map.values[i];
      (value ? defined : missing)
          << place << (value ? ' ' + number_text(map.is_log ? shade(map, *value) : *value) : "")
          << '\n';
      if (!value) continue;
      const std::string label = cell_label(map, i);
      if (label.empty()) continue;
      (is_dark_cell(map, *value) ? dark : light) << place << ' ' << label << '\n';
    }
    const std::string cell = " using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5)";
    std::vector<std::string> plots;
    if (block("d", defined.str())) {
      plots.push_back(prefix_ + "d" + cell + ":3 with boxxyerror fs solid noborder lc palette");
    }
    if (block("u", missing.str())) {
      plots.push_back(prefix_ + "u" + cell + " with boxxyerror fs solid noborder lc '#dddddd'");
      plots.push_back(prefix_ + "u" + cell + " with boxxyerror fs pattern 4 noborder lc '#999999'");
    }
    const std::string text = " using 1:2:3 with labels font ',9' tc rgb ";
    if (block("b", light.str())) plots.push_back(prefix_ + "b" + text + "'#222222'");
    if (block("w", dark.str())) plots.push_back(prefix_ + "w" + text + "'#ffffff'");
    plot(plots);
  }

  void x_axis(const Lines& lines) {
    const Range range = x_range(lines);
    commands_ << "set xrange [" << number_text(range.low) << ':' << number_text(range.high)
              << "]\n";
    if (lines.x_ticks.empty()) {
      commands_ << "set xtics auto\n";
      return;
    }
    commands_ << "set xtics (";
    for (std::size_t i = 0; i < lines.x_ticks.size(); ++i) {
      const std::string at = number_text(lines.x_ticks[i]);
      commands_ << (i > 0 ? ", " : "")
                << gnuplot_literal(lines.x_tick_labels.empty() ? at : lines.x_tick_labels[i]) << ' '
                << at;
    }
    commands_ << ")\n";
  }

  void y_axis(const Lines& lines) {
    const Range range = y_range(lines);
    if (lines.log_y) {  // gnuplot's own choice leaves less than a decade with a single label
      std::string separator;
      commands_ << "set ytics (";
      for (const double tick : log_ticks(range)) {
        commands_ << separator << gnuplot_literal(tick_text(tick)) << ' ' << number_text(tick);
        separator = ", ";
      }
      commands_ << ")\n";
    }
    commands_ << "set yrange [" << number_text(range.low) << ':' << number_text(range.high)
              << "]\n";
  }

  void band(const Lines& lines, const Series& series, std::size_t index,
            std::vector<std::string>& plots) {
    if (series.low.empty()) return;
    std::ostringstream rows;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (drawable(lines, series.low[i]) && drawable(lines, series.high[i])) {
        rows << number_text(series.x[i]) << ' ' << number_text(*series.low[i]) << ' '
             << number_text(*series.high[i]);
      }
      rows << '\n';  // a blank line: the band has a gap
    }
    const std::string name = "l" + std::to_string(index);
    if (!block(name, rows.str())) return;
    plots.push_back(prefix_ + name + " using 1:2:3 with filledcurves fs noborder lc rgb " +
                    faint(series.color, lines.series.size()));
  }

  void curve(const Lines& lines, const Series& series, std::size_t index,
             std::vector<std::string>& plots) {
    std::ostringstream rows;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (drawable(lines, series.y[i])) {
        rows << number_text(series.x[i]) << ' ' << number_text(*series.y[i]);
      }
      rows << '\n';
    }
    const std::string name = "s" + std::to_string(index);
    if (!block(name, rows.str())) return;
    const std::string points = series.x.size() <= 12 ? " pt 7 ps 0.55" : " pt 7 ps 0.3";
    plots.push_back(prefix_ + name + " using 1:2 with " +
                    (series.scattered ? "points" : "linespoints lw 1.8") + points + " lc rgb " +
                    gnuplot_color(series.color) +
                    (series.scattered ? "" : ' ' + gnuplot_dash(series.dash)));
  }

  void labels(const Lines& lines, const Series& series, std::size_t index,
              std::vector<std::string>& plots) {
    std::ostringstream rows;
    for (std::size_t i = 0; i < series.labels.size(); ++i) {
      if (series.labels[i].empty() || !drawable(lines, series.y[i])) continue;
      rows << number_text(series.x[i]) << ' ' << number_text(*series.y[i]) << ' '
           << quoted(series.labels[i]) << '\n';
    }
    const std::string name = "t" + std::to_string(index);
    if (!block(name, rows.str())) return;
    plots.push_back(prefix_ + name + " using 1:2:3 with labels offset 0,0.6 font ',9' tc rgb " +
                    gnuplot_color(series.color));
  }

  void end_label(const Lines& lines, const EndLabel& end, std::vector<std::string>& plots) {
    const std::string name = "e" + std::to_string(end.series);
    block(name, number_text(end.x) + ' ' + number_text(end.y) + ' ' + quoted(end.text) + '\n');
    plots.push_back(prefix_ + name +
                    " using 1:2:3 with labels left offset 0.4,0 font ',10' tc rgb " +
                    gnuplot_color(lines.series[end.series].color));
  }

  bool block(const std::string& name, const std::string& rows) {
    if (rows.find_first_not_of('\n') == std::string::npos) return false;
    data_ << prefix_ << name << " << EOD\n" << rows << "EOD\n";
    return true;
  }

  void plot(const std::vector<std::string>& plots) {
    for (std::size_t i = 0; i < plots.size(); ++i) {
      commands_ << (i == 0 ? "plot " : ", \\\n     ") << plots[i] << " notitle";
    }
    commands_ << '\n';
  }

  const Figure& figure_;
  std::string prefix_;
  std::ostream& data_;
  std::ostream& commands_;
};

}  // namespace

std::string gnuplot_script(const Figure& figure, Format format) {
  check(figure);
  const Layout sizes = layout(figure);
  const double scale = format == Format::png ? 2.0 : 1.0;
  std::ostringstream script;
  script.imbue(std::locale::classic());
  std::ostringstream data;
  std::ostringstream commands;
  for (auto* stream : {&data, &commands}) stream->imbue(std::locale::classic());

  script << "set encoding utf8\nset terminal "
         << (format == Format::svg ? "svg name " + gnuplot_literal(svg_id(figure.name))
                                   : std::string("pngcairo"))
         << " noenhanced background '#ffffff' size " << std::lround(sizes.width * scale) << ','
         << std::lround(sizes.height * scale) << " font 'Arial,11' fontscale " << number_text(scale)
         << " linewidth " << number_text(scale)
         << (format == Format::png ? " pointscale 2 dashlength 1" : "") << "\nunset key\n";
  write_frame(figure, sizes, commands);
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    write_panel_frame(figure.panels[i], sizes.panels[i], sizes, commands);
    std::visit(PanelScript(figure, i, data, commands), figure.panels[i].content);
    if (i == 0) commands << "unset label\nunset arrow\n";
  }
  script << data.str() << "set multiplot\n" << commands.str() << "unset multiplot\n";
  return script.str();
}

}  // namespace phiscope::figure
