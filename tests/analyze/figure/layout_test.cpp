// SPDX-License-Identifier: MIT
#include "figure/layout.hpp"

#include "catch.hpp"
#include "example_figure.hpp"

using namespace phiscope::figure;

namespace {

bool overlap(const PanelBox& a, const PanelBox& b) {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.bottom < b.bottom + b.height &&
         b.bottom < a.bottom + a.height;
}

Figure grid(std::size_t panels, std::size_t columns, std::size_t rows_of_cells) {
  Figure figure = phiscope::test::example_map();
  Heatmap map = std::get<Heatmap>(figure.panels[0].content);
  map.y_labels.assign(rows_of_cells, "12");
  map.values.assign(rows_of_cells * map.x_labels.size(), 1.0);
  Panel panel = figure.panels[0];
  panel.content = map;
  figure.panels.assign(panels, panel);
  figure.columns = columns;
  figure.row_titles.assign((panels + columns - 1) / columns, "row");
  return figure;
}

}  // namespace

TEST_CASE("panels lie inside the figure and apart from each other", "[layout]") {
  const std::size_t panels = GENERATE(1U, 2U, 5U, 16U);
  const std::size_t columns = GENERATE(1U, 3U, 4U);
  const std::size_t rows = GENERATE(1U, 3U, 29U, 81U);
  CAPTURE(panels, columns, rows);
  const Figure figure = grid(panels, columns, rows);
  const Layout sizes = layout(figure);
  REQUIRE(sizes.panels.size() == panels);
  REQUIRE(sizes.row_titles.size() == figure.row_titles.size());
  for (std::size_t i = 0; i < panels; ++i) {
    const PanelBox& box = sizes.panels[i];
    CHECK(box.left > 0.0);
    CHECK(box.bottom > 0.0);
    CHECK(box.left + box.width < sizes.width);
    CHECK(box.bottom + box.height < sizes.height);
    for (std::size_t j = 0; j < i; ++j) CHECK_FALSE(overlap(box, sizes.panels[j]));
  }
}

TEST_CASE("a legend that is too long goes on in the next line, inside the figure", "[layout]") {
  Figure figure = phiscope::test::example_curves();
  figure.legend.assign(12, {"a rather long name of a run (sink keep)", 0, 0});
  const Layout sizes = layout(figure);
  REQUIRE(sizes.legend.size() == 12);
  double lowest = sizes.panels[0].bottom;
  for (const auto& panel : sizes.panels) lowest = std::min(lowest, panel.bottom);
  for (const LegendPlace& place : sizes.legend) {
    CHECK(place.middle > 0.0);
    CHECK(place.middle < lowest);
    CHECK(place.left + legend_key_width < sizes.width);
  }
  CHECK(sizes.legend.front().middle > sizes.legend.back().middle);
}

TEST_CASE("row labels keep their distance however many rows there are", "[layout]") {
  for (const std::size_t rows : {1U, 12U, 13U, 33U, 81U, 200U}) {
    const Figure figure = grid(1, 1, rows);
    const double cell = layout(figure).panels[0].height / static_cast<double>(rows);
    const auto& map = std::get<Heatmap>(figure.panels[0].content);
    CHECK(cell * static_cast<double>(y_label_step(map)) >= 12.9);
  }
}

TEST_CASE("the width of a text counts characters, not bytes", "[layout]") {
  CHECK(text_width("R\u00b2", 10.0) == text_width("R2", 10.0));
}

TEST_CASE("a title is not cut off", "[layout]") {
  Figure figure = phiscope::test::example_curves();
  figure.panels.resize(1);
  figure.title = "Synergy and redundancy of the heads";
  // In a picture the first 33 letters are 350 pixels wide.
  CHECK(layout(figure).width - layout(figure).title_left >= 350.0 / 33.0 * 35.0);
}

TEST_CASE("entries of a legend are apart", "[layout]") {
  Figure figure = phiscope::test::example_curves();
  figure.legend = {{"head-norm", 0, 0}, {"random orders", 1, 0}};
  const Layout sizes = layout(figure);
  REQUIRE(sizes.legend.at(1).middle == sizes.legend[0].middle);
  // In a picture "head-norm" is 81 pixels wide.
  CHECK(sizes.legend[1].left - sizes.legend[0].left >= legend_key_width + 81.0 + 10.0);
}

TEST_CASE("labels of columns have room for the widest letters", "[layout]") {
  Figure figure = grid(1, 1, 4);
  auto& map = std::get<Heatmap>(figure.panels[0].content);
  map.x_labels.assign(6, "energy, within");
  // In a picture it is 90.5 pixels wide; a blank between neighbours takes four more.
  CHECK(map_columns(map).width >= 94.5);
}

TEST_CASE("a map of many columns stays on a page and its labels keep their distance", "[layout]") {
  for (const std::size_t count : {3U, 12U, 13U, 40U, 120U, 300U}) {
    for (const std::string label : {"7", "token", "a token of several words"}) {
      CAPTURE(count, label);
      Figure figure = grid(1, 1, 4);
      auto& map = std::get<Heatmap>(figure.panels[0].content);
      map.x_labels.assign(count, label);
      map.values.assign(4 * count, 1.0);
      const MapColumns columns = map_columns(map);
      CHECK(columns.width * static_cast<double>(count) <= 900.0 + 1e-9);
      const double needed = columns.is_turned ? 13.0 : text_width(label, 11.0);
      CHECK(columns.width * static_cast<double>(columns.step) >= needed);
      const PanelBox box = layout(figure).panels[0];
      CHECK(box.bottom >= columns.label_height);
      CHECK(box.width == Approx(columns.width * static_cast<double>(count)));
    }
  }
}
