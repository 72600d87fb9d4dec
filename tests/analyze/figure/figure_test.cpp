// SPDX-License-Identifier: MIT
#include "figure/figure.hpp"

#include "catch.hpp"
#include "example_figure.hpp"

#include <limits>

using namespace phiscope::figure;
using phiscope::test::example_curves;
using phiscope::test::example_map;

TEST_CASE("a complete figure passes the check", "[figure]") {
  CHECK_NOTHROW(check(example_map()));
  CHECK_NOTHROW(check(example_curves()));
}

TEST_CASE("a figure that contradicts itself is refused by name", "[figure]") {
  Figure map = example_map();
  SECTION("a heatmap with a value too few") {
    std::get<Heatmap>(map.panels[1].content).values.pop_back();
    CHECK_THROWS_WITH(check(map), "figure: map, panel 1: 5 values, expected 6");
  }
  SECTION("a value that is not finite") {
    std::get<Heatmap>(map.panels[0].content).values[0] = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(check(map), Contains("panel 0: a value is not finite"));
  }
  SECTION("a name that is no file name") {
    map.name = "../map";
    CHECK_THROWS_WITH(check(map), Contains("'../map'"));
  }
  SECTION("no panel") {
    map.panels.clear();
    map.row_titles.clear();
    CHECK_THROWS_WITH(check(map), Contains("no panel"));
  }
  SECTION("a row title too many") {
    map.row_titles.emplace_back("more");
    CHECK_THROWS_WITH(check(map), Contains("row titles: 2 values, expected 1"));
  }
  SECTION("a band of another length than its curve") {
    Figure curves = example_curves();
    std::get<Lines>(curves.panels[0].content).series[0].low.pop_back();
    CHECK_THROWS_WITH(check(curves), Contains("series 'a', band"));
  }
}

TEST_CASE("the largest magnitude skips what is undefined", "[figure]") {
  Heatmap map;
  map.values = {1.0, std::nullopt, -3.0};
  CHECK(largest_magnitude({&map}) == 3.0);
  map.values = {std::nullopt};
  CHECK(largest_magnitude({&map}) == 0.0);
}

TEST_CASE("a figure knows how many of its values are undefined", "[figure]") {
  CHECK(count_values(example_map()).all == 12);
  CHECK(count_values(example_map()).undefined == 2);
  CHECK(count_values(example_curves()).all == 4);
  CHECK(count_values(example_curves()).undefined == 1);
}

TEST_CASE("things with an order have colours from one end of the ramp to the other", "[figure]") {
  CHECK(series_color(sequential_color(0, 3)) == "#f0922b");
  CHECK(series_color(sequential_color(2, 3)) == "#2a0f8a");
  CHECK(series_color(sequential_color(0, 1)) == "#2a0f8a");
  CHECK(series_color(-1) == "#222222");
  CHECK(series_color(1) == palette()[1]);
  CHECK(series_color(9) == palette()[1]);
  for (std::size_t count = 2; count <= 6; ++count) {
    for (std::size_t i = 1; i < count; ++i) {
      CHECK(sequential_color(i - 1, count) < sequential_color(i, count));
    }
  }
}

TEST_CASE("marks and labels without a place are refused", "[figure]") {
  Figure map = phiscope::test::example_map();
  std::get<Heatmap>(map.panels[0].content).marked = {true};
  CHECK_THROWS_WITH(check(map), "figure: map, panel 0, marks: 1 values, expected 6");
  Figure curves = phiscope::test::example_curves();
  std::get<Lines>(curves.panels[0].content).series[0].labels = {"a"};
  CHECK_THROWS_WITH(check(curves),
                    "figure: curves, panel 0, series 'a', labels: 1 values, expected 4");
}
