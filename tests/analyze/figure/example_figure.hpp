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

/// Two series of bars with an undefined one and an interval missing, and two histograms.
inline figure::Figure example_bars() {
  figure::Figure figure;
  figure.name = std::string("bars");
  figure.columns = 2;
  figure::Bars bars;
  bars.labels = {"embed", "0", "1 <b>"};
  bars.series.resize(2);
  bars.series[0] = {.name = "a",
                    .values = {1.0, -0.5, std::nullopt},
                    .low = {0.75, -1.0, std::nullopt},
                    .high = {1.5, 0.25, std::nullopt},
                    .color = 2};
  bars.series[1] = {.name = "b", .values = {0.5, 0.0, 2.0}, .low = {}, .high = {}, .color = 1};
  bars.reference = 0.25;
  figure::Histogram histogram;
  histogram.edges = {-1.0, 0.0, 0.5, 2.0};
  histogram.series.resize(2);
  histogram.series[0] = {.name = "counts", .values = {3.0, 5.0, 0.0}, .low = {}, .high = {}};
  histogram.series[1] = {
      .name = "others", .values = {1.0, 2.0, 4.0}, .low = {}, .high = {}, .color = 3};
  histogram.marker = 2.5;
  figure.panels.resize(2);
  figure.panels[0].content = bars;
  figure.panels[0].x_label = std::string("layer");
  figure.panels[1].content = histogram;
  figure.panels[1].x_label = std::string("distance");
  return figure;
}

}  // namespace phiscope::test
