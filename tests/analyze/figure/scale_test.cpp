// SPDX-License-Identifier: MIT
#include "figure/scale.hpp"

#include "catch.hpp"
#include "example_figure.hpp"

#include <cmath>

using namespace phiscope::figure;

TEST_CASE("colours of a map end at its limit, else at its largest value, never at 0", "[scale]") {
  Heatmap map;
  map.values = {1.0, std::nullopt, -3.0};
  CHECK(map_limit(map) == 3.0);
  map.limit = 5.0;
  CHECK(map_limit(map) == 5.0);
  map.limit = 0.0;
  CHECK(map_limit(map) == 1.0);
}

TEST_CASE("labels of a colour bar are round and two or three on each side of 0", "[scale]") {
  for (const double limit : {1e-9, 0.02, 0.19, 0.5, 1.0, 1.9, 3.0, 7.7, 1e6}) {
    const double step = color_bar_step(limit);
    CHECK(limit / step >= 1.0);
    CHECK(limit / step <= 2.5 * 1.0000001);
  }
  CHECK(color_bar_step(1.0) == Approx(0.5));
}

TEST_CASE("numbers in cells have the decimals of the limit and no minus before zero", "[scale]") {
  CHECK(cell_text(0.0, 1.0) == "0");
  CHECK(cell_text(-0.001, 1.0) == "0.00");
  CHECK(cell_text(-0.456, 1.0) == "-0.46");
  CHECK(cell_text(123.4, 200.0) == "123");
  CHECK(cell_text(0.0123, 0.02) == "0.0123");
  CHECK(cell_text(12345.0, 20000.0) == "12345");
}

TEST_CASE("cells are dark at both ends of a diverging map, at the foot of a sequential one",
          "[scale]") {
  Heatmap map;
  map.limit = 1.0;
  CHECK(is_dark_cell(map, -0.9));
  CHECK(is_dark_cell(map, 0.9));
  CHECK_FALSE(is_dark_cell(map, 0.1));
  map.map = Colormap::sequential;
  CHECK(is_dark_cell(map, 0.1));
  CHECK_FALSE(is_dark_cell(map, 0.9));
}

TEST_CASE("axes hold all points, bands and the reference, and never have width 0", "[scale]") {
  Lines lines = std::get<Lines>(phiscope::test::example_curves().panels[0].content);
  CHECK(x_range(lines).low < -1.0);
  CHECK(x_range(lines).high > 2.0);
  CHECK(y_range(lines).low < 0.0);   // the reference
  CHECK(y_range(lines).high > 3.0);  // a point above its band
  lines.log_y = true;                // has no place for the reference at 0
  CHECK(y_range(lines).low == Approx(0.5 / 1.15));
  for (const bool log_y : {false, true}) {
    Lines flat;
    flat.log_y = log_y;
    CHECK(y_range(flat).low < y_range(flat).high);
    Series& series = flat.series.emplace_back();
    series.x = {1.0};
    series.y = {2.0};
    CHECK(x_range(flat).low < x_range(flat).high);
    CHECK(y_range(flat).low < 2.0);
    CHECK(y_range(flat).high > 2.0);
  }
}

TEST_CASE("a logarithmic axis has at least two labels, however short it is", "[scale]") {
  CHECK(log_ticks({0.9, 12.0}) == std::vector<double>{1.0, 2.0, 5.0, 10.0});
  for (const Range range : {Range{0.93, 1.08}, Range{1.6, 2.6}, Range{0.87, 1.15}, Range{3.0, 4.0},
                            Range{1e-7, 1e9}, Range{200.0, 700.0}}) {
    const auto ticks = log_ticks(range);
    CHECK(ticks.size() >= 2);
    CHECK(ticks.size() <= 14);
    for (const double tick : ticks) {
      CHECK(tick >= range.low);
      CHECK(tick <= range.high);
    }
  }
  CHECK(tick_text(0.95) == "0.95");
  CHECK(tick_text(1.0) == "1");
  CHECK(tick_text(200.0) == "200");
  CHECK(tick_text(1e-7) == "1e-07");
}

TEST_CASE("a logarithmic map spreads small values and keeps sign and ends", "[scale]") {
  Heatmap map;
  map.limit = 4.0;
  CHECK(shade(map, -1.0) == -0.25);
  map.is_log = true;
  CHECK(shade(map, 4.0) == Approx(1.0));
  CHECK(shade(map, -4.0) == Approx(-1.0));
  CHECK(shade(map, 0.0) == 0.0);
  CHECK(shade(map, 0.04) == Approx(std::log(2.0) / std::log(101.0)));
  CHECK(shade(map, -0.4) == Approx(-std::log(11.0) / std::log(101.0)));
  CHECK(log_color_ticks(4.0) == std::vector<double>{-4.0, -0.4, 0.0, 0.4, 4.0});
  const auto ticks = log_color_ticks(0.398);
  CHECK(ticks.back() == Approx(0.39));
  CHECK(ticks[3] == Approx(0.039));
}

TEST_CASE("an axis covers what it is to include", "[scale]") {
  Lines lines;
  lines.y_include = {-5.0, 7.0};
  CHECK(y_range(lines).low < -5.0);
  CHECK(y_range(lines).high > 7.0);
  lines.log_y = true;
  CHECK(y_range(lines).low > 0.0);
  CHECK(y_range(lines).high > 7.0);
}

TEST_CASE("a cell holds its number where there is room, and a star where it is marked", "[scale]") {
  Heatmap map;
  map.x_labels = {"a", "b"};
  map.y_labels = {"0"};
  map.values = {1.0, 0.5};
  CHECK(cell_label(map, 0) == "1.00");
  map.marked = {false, true};
  CHECK(cell_label(map, 0) == "1.00");
  CHECK(cell_label(map, 1) == "0.50*");
  map.x_labels.assign(13, "x");
  map.values.assign(13, 1.0);
  map.marked.assign(13, false);
  map.marked[12] = true;
  CHECK(cell_label(map, 0).empty());
  CHECK(cell_label(map, 12) == "*");
}
