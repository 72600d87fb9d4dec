// SPDX-License-Identifier: MIT
#include "figure/figure.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <utility>

namespace phiscope::figure {
namespace {

constexpr const char* name_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

void expect(std::size_t found, std::size_t expected, const std::string& what) {
  if (found == expected) return;
  throw std::invalid_argument("figure: " + what + ": " + std::to_string(found) +
                              " values, expected " + std::to_string(expected));
}

void expect_finite(const std::vector<std::optional<double>>& values, const std::string& what) {
  for (const auto& value : values) {
    if (value && !std::isfinite(*value)) {
      throw std::invalid_argument("figure: " + what + ": a value is not finite");
    }
  }
}

class ContentCheck {
 public:
  explicit ContentCheck(std::string panel) : where_(std::move(panel)) {}

  void operator()(const Heatmap& map) const {
    expect(map.values.size(), map.x_labels.size() * map.y_labels.size(), where_);
    expect_finite(map.values, where_);
    if (!map.marked.empty()) expect(map.marked.size(), map.values.size(), where_ + ", marks");
    if (map.values.empty())
      throw std::invalid_argument("figure: " + where_ + ": heatmap without cells");
  }
  void operator()(const Lines& lines) const {
    if (!lines.x_tick_labels.empty()) {
      expect(lines.x_tick_labels.size(), lines.x_ticks.size(), where_ + ", x ticks");
    }
    for (const Series& series : lines.series) {
      const std::string what = where_ + ", series '" + series.name + "'";
      expect(series.y.size(), series.x.size(), what);
      expect(series.low.size(), series.high.size(), what + ", band");
      if (!series.low.empty()) expect(series.low.size(), series.x.size(), what + ", band");
      expect_finite(series.y, what);
      expect_finite(series.low, what);
      expect_finite(series.high, what);
      if (!series.labels.empty()) expect(series.labels.size(), series.x.size(), what + ", labels");
    }
  }
  void operator()(const Bars& bars) const {
    check_series(bars.series, bars.labels.size());
    expect_finite({bars.reference}, where_ + ", reference");
  }
  void operator()(const Histogram& histogram) const {
    const std::vector<double>& edges = histogram.edges;
    expect_finite({edges.begin(), edges.end()}, where_ + ", edges");
    if (std::ranges::adjacent_find(edges, std::greater_equal<>{}) != edges.end()) {
      throw std::invalid_argument("figure: " + where_ + ": edges that do not ascend");
    }
    check_series(histogram.series, edges.empty() ? 0 : edges.size() - 1);
    expect_finite({histogram.marker}, where_ + ", marker");
  }

 private:
  void check_series(const std::vector<BarSeries>& all, std::size_t bars) const {
    for (const BarSeries& series : all) {
      const std::string what = where_ + ", series '" + series.name + "'";
      expect(series.values.size(), bars, what);
      expect(series.low.size(), series.high.size(), what + ", interval");
      if (!series.low.empty()) expect(series.low.size(), bars, what + ", interval");
      expect_finite(series.values, what);
      expect_finite(series.low, what);
      expect_finite(series.high, what);
    }
  }

  std::string where_;
};

void add_counts(const std::vector<std::optional<double>>& values, ValueCounts& counts) {
  counts.all += values.size();
  counts.undefined +=
      static_cast<std::size_t>(std::count(values.begin(), values.end(), std::nullopt));
}

/// Those of bars or of a histogram; none of other panels.
std::vector<BarSeries> bar_series(const Panel& panel) {
  if (const auto* bars = std::get_if<Bars>(&panel.content)) return bars->series;
  if (const auto* histogram = std::get_if<Histogram>(&panel.content)) return histogram->series;
  return {};
}

constexpr int first_sequential = 1000;

/// Part of matplotlib's plasma, where it stands out from white.
const std::vector<std::string>& ramp() {
  static const std::vector<std::string> colors = {"#f0922b", "#de6164", "#c23c81",
                                                  "#9512a1", "#6100a7", "#2a0f8a"};
  return colors;
}

}  // namespace

const std::vector<std::string>& palette() {
  static const std::vector<std::string> colors = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                  "#e69f00", "#56b4e9", "#5b5b5b", "#8c6d1f"};
  return colors;
}

int sequential_color(std::size_t place, std::size_t count) {
  const std::size_t last = ramp().size() - 1;
  const std::size_t step = count < 2 ? last : (2 * place * last + count - 1) / (2 * (count - 1));
  return first_sequential + static_cast<int>(std::min(step, last));
}

const std::string& series_color(int color) {
  static const std::string black = "#222222";
  if (color < 0) return black;
  if (color >= first_sequential)
    return ramp().at(static_cast<std::size_t>(color - first_sequential));
  return palette()[static_cast<std::size_t>(color) % palette().size()];
}

void check(const Figure& figure) {
  if (figure.name.empty() || figure.name.find_first_not_of(name_characters) != std::string::npos) {
    throw std::invalid_argument("figure: name '" + figure.name +
                                "': expected letters, digits, '_', '.' and '-'");
  }
  if (figure.columns == 0) throw std::invalid_argument("figure " + figure.name + ": 0 columns");
  if (figure.panels.empty()) throw std::invalid_argument("figure " + figure.name + ": no panel");
  if (!figure.row_titles.empty()) {
    expect(figure.row_titles.size(), (figure.panels.size() + figure.columns - 1) / figure.columns,
           figure.name + ", row titles");
  }
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    std::visit(ContentCheck{figure.name + ", panel " + std::to_string(i)},
               figure.panels[i].content);
  }
}

std::string svg_id(const std::string& name) {
  std::string id;
  for (const char c : name) {
    switch (c) {
      case '_':
        id += "__";
        break;
      case '-':
        id += "_d";
        break;
      case '.':
        id += "_p";
        break;
      default:
        id += c;
    }
  }
  return id;
}

ValueCounts count_values(const Figure& figure) {
  ValueCounts counts;
  for (const Panel& panel : figure.panels) {
    if (const auto* map = std::get_if<Heatmap>(&panel.content)) add_counts(map->values, counts);
    if (const auto* lines = std::get_if<Lines>(&panel.content)) {
      for (const Series& series : lines->series) add_counts(series.y, counts);
    }
    for (const BarSeries& series : bar_series(panel)) add_counts(series.values, counts);
  }
  return counts;
}

double largest_magnitude(const std::vector<const Heatmap*>& heatmaps) {
  double largest = 0.0;
  for (const Heatmap* map : heatmaps) {
    for (const auto& value : map->values) {
      if (value) largest = std::max(largest, std::abs(*value));
    }
  }
  return largest;
}

}  // namespace phiscope::figure
