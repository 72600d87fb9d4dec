// SPDX-License-Identifier: MIT
#pragma once

#include "figure/figure.hpp"

namespace phiscope::test {

/// Two heatmaps side by side with a missing value each, texts that need quoting.
inline figure::Figure example_map() {
  figure::Figure figure;
  figure.name = std::string("map");  // g++ 12 warns wrongly of the plain assignment
  figure.title = "it's <b>& \"more\"";
  figure.columns = 2;
  figure.row_titles = {"`date` $(date) @x"};
  for (const char* title : {"left", "right"}) {
    figure::Heatmap map;
    map.x_labels = {"6", "10", "100"};
    map.y_labels = {"embed", "0"};
    map.values = {1.0, -2.0, std::nullopt, 0.0, 0.5, 2.0};
    map.color_label = "influence";
    figure::Panel panel;
    panel.title = title;
    panel.x_label = std::string("N");
    panel.content = std::move(map);
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

/// A curve with a band and a gap, and a panel without any defined value.
inline figure::Figure example_curves() {
  figure::Figure figure;
  figure.name = std::string("curves");
  figure.columns = 2;
  figure::Series series;
  series.name = std::string("a");
  series.x = {-1.0, 0.0, 1.0, 2.0};
  series.y = {1.0, std::nullopt, 2.0, 3.0};
  series.low = {0.5, std::nullopt, 1.5, std::nullopt};
  series.high = {1.5, std::nullopt, 2.5, std::nullopt};
  figure::Lines lines;
  lines.series = {series};
  lines.reference = 0.0;
  figure::Panel drawn;
  drawn.content = lines;
  figure::Panel empty;
  empty.content = figure::Lines{};
  figure.panels = {drawn, empty};
  figure.legend = {{"N = 6", 0, 0}, {"run", -1, 1}};
  return figure;
}

}  // namespace phiscope::test
