// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"
#include "report/drawn.hpp"

#include <phiscope/estimate.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace phiscope::analyze::sampling {

/// What a figure is about; panels and legend follow.
struct FigureTexts {
  std::string name = {};
  std::string title = {};
  std::string caption = {};
  std::string definition = {};
  std::string source = {};
};

[[nodiscard]] inline figure::Figure figure_about(FigureTexts texts, std::size_t columns = 1) {
  figure::Figure figure;
  figure.name = std::move(texts.name);
  figure.title = std::move(texts.title);
  figure.caption = std::move(texts.caption);
  figure.definition = std::move(texts.definition);
  figure.source = std::move(texts.source);
  figure.columns = columns;
  return figure;
}

template <class Content>
[[nodiscard]] figure::Panel panel_of(std::string title, std::string x_label, std::string y_label,
                                     Content content) {
  figure::Panel panel;
  panel.title = std::move(title);
  panel.x_label = std::move(x_label);
  panel.y_label = std::move(y_label);
  panel.content = std::move(content);
  return panel;
}

/// The colour of something's number, again from the first one on where there are many.
[[nodiscard]] inline int color_at(std::size_t number) {
  return static_cast<int>(number % figure::palette().size());
}

[[nodiscard]] inline figure::Series series_named(std::string name, int color) {
  figure::Series series;
  series.name = std::move(name);
  series.color = color;
  return series;
}

[[nodiscard]] inline figure::BarSeries bars_named(std::string name, int color) {
  figure::BarSeries series;
  series.name = std::move(name);
  series.color = color;
  return series;
}

/// Adds a number with its interval; where it is undefined the curve has a gap.
inline void add_estimate(figure::Series& series, double x, const Estimate& estimate) {
  series.x.push_back(x);
  series.y.push_back(report::drawn(estimate.value));
  series.low.push_back(report::drawn(estimate.low));
  series.high.push_back(report::drawn(estimate.high));
}

inline void add_estimate(figure::BarSeries& series, const Estimate& estimate) {
  series.values.push_back(report::drawn(estimate.value));
  series.low.push_back(report::drawn(estimate.low));
  series.high.push_back(report::drawn(estimate.high));
}

}  // namespace phiscope::analyze::sampling
