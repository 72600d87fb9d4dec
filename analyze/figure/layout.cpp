// SPDX-License-Identifier: MIT
#include "figure/layout.hpp"

#include "figure/bars.hpp"
#include "figure/end_labels.hpp"

#include <algorithm>
#include <cmath>

namespace phiscope::figure {
namespace {

constexpr double tick_size = 11.0;
constexpr double edge = 14.0;  // free space around the figure
constexpr double line_height = 20.0;

/// What a panel needs: its axes and the room around them.
struct Room {
  double left = 0.0;
  double right = 0.0;
  double top = 0.0;
  double bottom = 0.0;
  double width = 0.0;
  double height = 0.0;
};

double widest(const std::vector<std::string>& texts) {
  double width = 0.0;
  for (const auto& text : texts) width = std::max(width, text_width(text, tick_size));
  return width;
}

double cell_height(std::size_t rows) {
  if (rows <= 12) return 26.0;
  if (rows <= 20) return 15.0;
  return std::max(5.0, 300.0 / static_cast<double>(rows));
}

struct PanelRoom {
  const Figure& figure;

  Room operator()(const Heatmap& map) const {
    const MapColumns columns = map_columns(map);
    return {.left = (map.draw_y_labels ? widest(map.y_labels) : 0.0) + 12.0,
            .right = map.color_label.empty() ? 10.0 : color_bar_gap + color_bar_width + 66.0,
            .top = 0.0,
            .bottom = columns.label_height + 6.0,
            .width = columns.width * static_cast<double>(map.x_labels.size()),
            .height = cell_height(map.y_labels.size()) * static_cast<double>(map.y_labels.size())};
  }
  Room operator()(const Lines& lines) const {
    constexpr double longest_number = 40.0;
    const double label = widest(lines.x_tick_labels);
    const double names =  // names of things, which must not touch, not numbers on an axis
        label > longest_number ? (label + 14.0) * static_cast<double>(lines.x_ticks.size()) : 0.0;
    double end_width = 0.0;
    for (const EndLabel& end : end_labels(figure, lines)) {
      end_width = std::max(end_width, text_width(end.text, end_label_size));
    }
    return {.left = 50.0,
            .right = 16.0 + end_width,
            .top = 0.0,
            .bottom = 22.0,
            .width = std::clamp(names, figure.lines_width, 1000.0),
            .height = lines_height};
  }
  Room operator()(const Bars& bars) const {
    Room result = (*this)(Lines{});
    result.width = bars_width(bars);
    return result;
  }
  Room operator()(const Histogram& /*histogram*/) const { return (*this)(Lines{}); }
};

Room room(const Figure& figure, const Panel& panel) {
  Room result = std::visit(PanelRoom{figure}, panel.content);
  result.top += panel.title.empty() ? 10.0 : 30.0;
  result.bottom += panel.x_label.empty() ? 2.0 : 26.0;
  result.left += panel.y_label.empty() ? 0.0 : 20.0;
  return result;
}

Room widest_room(const Room& a, const Room& b) {
  return {std::max(a.left, b.left),     std::max(a.right, b.right), std::max(a.top, b.top),
          std::max(a.bottom, b.bottom), std::max(a.width, b.width), std::max(a.height, b.height)};
}

/// Fills lines of the legend from the left; returns how many lines there are.
std::size_t place_legend(const Figure& figure, Layout& result) {
  double left = edge;
  std::size_t line = 0;
  for (const auto& entry : figure.legend) {
    const double width = legend_key_width + 1.15 * text_width(entry.text, 12.0) + 22.0;
    if (left > edge && left + width > result.width - edge) {
      left = edge;
      ++line;
    }
    result.legend.push_back({left, static_cast<double>(line)});
    left += width;
  }
  for (auto& place : result.legend) {
    place.middle = edge + line_height * (static_cast<double>(line) - place.middle) + 4.0;
  }
  return figure.legend.empty() ? 0 : line + 1;
}

}  // namespace

double text_width(const std::string& text, double size) {
  const auto continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  const auto characters = static_cast<std::ptrdiff_t>(text.size()) -
                          std::count_if(text.begin(), text.end(), continuation);
  return 0.56 * size * static_cast<double>(characters);
}

bool shows_numbers(const Heatmap& map) {
  return map.y_labels.size() <= 12 && map.x_labels.size() <= 12;
}

MapColumns map_columns(const Heatmap& map) {
  constexpr double widest_panel = 900.0;
  constexpr double label_height = 14.0;
  constexpr double longest_upright = 150.0;  // a longer label is cut off
  const auto count = static_cast<double>(map.x_labels.size());
  const double label = widest(map.x_labels) + 14.0;  // 8 let neighbours touch
  const double wanted = std::max(shows_numbers(map) ? 46.0 : 32.0, label);
  if (wanted * count <= widest_panel) {
    return {.width = wanted, .step = 1, .is_turned = false, .label_height = label_height};
  }
  const double width = std::max(3.0, widest_panel / count);
  const bool is_turned = label > 54.0;  // a number stays as it is, and every tenth is enough
  const double needed = is_turned ? label_height : label;
  return {.width = width,
          .step = static_cast<std::size_t>(std::ceil(needed / width)),
          .is_turned = is_turned,
          .label_height = is_turned ? std::min(label, longest_upright) : label_height};
}

std::size_t y_label_step(const Heatmap& map) {
  constexpr double label_height = 13.0;
  return static_cast<std::size_t>(std::ceil(label_height / cell_height(map.y_labels.size())));
}

Layout layout(const Figure& figure) {
  const std::size_t columns = std::min(figure.columns, figure.panels.size());
  const std::size_t rows = (figure.panels.size() + columns - 1) / columns;
  std::vector<Room> by_column(columns);
  std::vector<Room> by_row(rows);
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const Room needed = room(figure, figure.panels[i]);
    by_column[i % columns] = widest_room(by_column[i % columns], needed);
    by_row[i / columns] = widest_room(by_row[i / columns], needed);
  }

  Layout result;
  const double row_title_height = figure.row_titles.empty() ? 0.0 : 24.0;
  for (Room& row : by_row) row.top += row_title_height;
  for (const Room& column : by_column) result.width += column.left + column.width + column.right;
  constexpr double bold = 1.4;  // letters of a title are wider than those of a label
  result.width = std::max(result.width, bold * text_width(figure.title, 14.0)) + 2.0 * edge;
  const auto legend_lines = static_cast<double>(place_legend(figure, result));
  const double title_height = figure.title.empty() ? 0.0 : 24.0;
  result.height = 2.0 * edge + title_height + line_height * legend_lines;
  for (const Room& row : by_row) result.height += row.top + row.height + row.bottom;
  result.title_left = edge;
  result.title_middle = result.height - edge - 6.0;

  double top = result.height - edge - title_height;
  for (std::size_t row = 0; row < rows; ++row) {
    double left = edge;
    if (row_title_height > 0.0) result.row_titles.push_back(top - 0.5 * row_title_height - 2.0);
    for (std::size_t column = 0; column < columns; ++column) {
      const std::size_t index = row * columns + column;
      if (index == figure.panels.size()) break;
      const Room own = room(figure, figure.panels[index]);
      result.panels.push_back({.left = left + by_column[column].left,
                               .bottom = top - by_row[row].top - own.height,
                               .width = own.width,
                               .height = own.height});
      left += by_column[column].left + by_column[column].width + by_column[column].right;
    }
    top -= by_row[row].top + by_row[row].height + by_row[row].bottom;
  }
  return result;
}

}  // namespace phiscope::figure
