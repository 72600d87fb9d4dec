// SPDX-License-Identifier: MIT
#include "figure/bars.hpp"

#include "figure/layout.hpp"
#include "figure/table.hpp"

#include <algorithm>
#include <cmath>

namespace phiscope::figure {
namespace {

constexpr double label_size = 11.0;
constexpr double widest_bars = 900.0;  // pixels

Bar bar_of(const BarSeries& series, std::size_t i) {
  Bar bar;
  bar.value = series.values[i];
  if (bar.value && !series.low.empty() && series.low[i] && series.high[i]) {
    bar.low = series.low[i];
    bar.high = series.high[i];
  }
  return bar;
}

/// From the least to the largest of the bars' ends, 0 and `more`, with a margin on the sides of 0
/// that have something.
template <class Content>
Range covered(const Content& content, std::optional<double> more) {
  double low = std::min(0.0, more.value_or(0.0));
  double high = std::max(0.0, more.value_or(0.0));
  for (std::size_t s = 0; s < content.series.size(); ++s) {
    for (const Bar& bar : bars_of(content, s)) {
      for (const auto& end : {bar.value, bar.low, bar.high}) {
        low = std::min(low, end.value_or(0.0));
        high = std::max(high, end.value_or(0.0));
      }
    }
  }
  if (low == high) return {0.0, 1.0};
  const double pad = 0.06 * (high - low);
  return {low < 0.0 ? low - pad : low, high > 0.0 ? high + pad : high};
}

double widest_label(const Bars& bars) {
  double width = 0.0;
  for (const std::string& label : bars.labels) {
    width = std::max(width, text_width(label, label_size));
  }
  return width + 10.0;
}

}  // namespace

std::vector<Bar> bars_of(const Bars& bars, std::size_t series) {
  constexpr double covered_share = 0.8;
  const double width = covered_share / static_cast<double>(bars.series.size());
  std::vector<Bar> made;
  made.reserve(bars.labels.size());
  for (std::size_t i = 0; i < bars.labels.size(); ++i) {
    Bar bar = bar_of(bars.series[series], i);
    bar.left = static_cast<double>(i) - 0.5 * covered_share + width * static_cast<double>(series);
    bar.right = bar.left + width;
    bar.label = bars.labels[i];
    made.push_back(bar);
  }
  return made;
}

std::vector<Bar> bars_of(const Histogram& histogram, std::size_t series) {
  std::vector<Bar> made;
  made.reserve(histogram.edges.size());
  for (std::size_t i = 0; i + 1 < histogram.edges.size(); ++i) {
    Bar bar = bar_of(histogram.series[series], i);
    bar.left = histogram.edges[i];
    bar.right = histogram.edges[i + 1];
    bar.label = number_text(bar.left) + " to " + number_text(bar.right);
    made.push_back(bar);
  }
  return made;
}

Range x_range(const Bars& bars) {
  return {-0.6, std::max(static_cast<double>(bars.labels.size()), 1.0) - 0.4};
}

Range x_range(const Histogram& histogram) {
  if (histogram.edges.size() < 2) return {0.0, 1.0};
  double low = histogram.edges.front();
  double high = histogram.edges.back();
  if (histogram.marker) {
    low = std::min(low, *histogram.marker);
    high = std::max(high, *histogram.marker);
  }
  const double pad = 0.03 * (high - low);
  return {low - pad, high + pad};
}

Range y_range(const Bars& bars) {
  return covered(bars, bars.reference);
}

Range y_range(const Histogram& histogram) {
  return covered(histogram, std::nullopt);
}

double bars_width(const Bars& bars) {
  const auto count = static_cast<double>(std::max<std::size_t>(bars.labels.size(), 1));
  const double wanted = std::max(26.0, widest_label(bars)) * count;
  return std::clamp(wanted, 250.0, widest_bars);
}

std::size_t bar_label_step(const Bars& bars) {
  const auto count = static_cast<double>(std::max<std::size_t>(bars.labels.size(), 1));
  return static_cast<std::size_t>(std::ceil(widest_label(bars) * count / bars_width(bars)));
}

}  // namespace phiscope::figure
