// SPDX-License-Identifier: MIT
// Writes a report for report_browser.sh to standard output: texts that try to become markup, a map
// too large for labels, curves with gaps.
#include "analyze/figure/example_figure.hpp"
#include "figure/plotly/bundle.hpp"
#include "report/page.hpp"

#include <cmath>
#include <iostream>

namespace {

using namespace phiscope::figure;
using namespace phiscope::report;

const std::string hostile =
    "</script><script>hacked=1</script><img src=x onerror=hacked=1><!-- %{x} \u2028 & <b>";

Figure hostile_map() {
  Figure figure = phiscope::test::example_map();
  figure.name = std::string("hostile");
  figure.title = figure.caption = figure.definition = figure.source = hostile;
  figure.row_titles = {hostile};
  figure.legend = {{hostile, 0, 0}};
  for (Panel& panel : figure.panels) panel.title = panel.y_label = hostile;
  auto& map = std::get<Heatmap>(figure.panels[0].content);
  map.x_labels = {hostile, hostile, "a,\"b\""};
  return figure;
}

Figure large_map() {
  Heatmap map;
  for (int x = 0; x < 300; ++x) map.x_labels.push_back("token " + std::to_string(x));
  for (int y = 0; y < 60; ++y) map.y_labels.push_back(std::to_string(y));
  for (int i = 0; i < 300 * 60; ++i) {
    map.values.push_back(i % 97 == 0 ? std::nullopt : std::optional(std::sin(0.001 * i)));
  }
  map.color_label = "effect";
  Figure figure;
  figure.name = std::string("large");
  figure.title = "18000 cells";
  Panel panel;
  panel.x_label = "position";
  panel.y_label = "layer";
  panel.content = std::move(map);
  figure.panels.push_back(std::move(panel));
  return figure;
}

}  // namespace

int main() {
  Page report;
  report.title = hostile;
  report.subtitle = hostile;
  report.facts = {{hostile, hostile}};
  PageSection section{.title = hostile, .blocks = {Points{{hostile}}}};
  for (Figure& figure : std::vector<Figure>{hostile_map(), phiscope::test::example_map(),
                                            phiscope::test::example_curves(),
                                            phiscope::test::example_bars(), large_map()}) {
    section.blocks.emplace_back(
        FigureBlock{.figure = std::move(figure), .drawn = true, .svg = {}, .downloads = {}});
  }
  report.sections.push_back(std::move(section));
  std::cout << html_page(report, plotly_bundle());
}
