// SPDX-License-Identifier: MIT
// Bars and histograms: where they are, and what both writers make of them.
#include "figure/bars.hpp"

#include "catch.hpp"
#include "example_figure.hpp"
#include "figure/gnuplot/gnuplot.hpp"
#include "figure/layout.hpp"
#include "figure/plotly/plotly.hpp"

#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

using namespace phiscope::figure;
using phiscope::test::example_bars;

namespace {

Bars& bars_in(Figure& figure) {
  return std::get<Bars>(figure.panels[0].content);
}
Histogram& histogram_in(Figure& figure) {
  return std::get<Histogram>(figure.panels[1].content);
}

/// The traces of a kind in Plotly's figure, in order.
std::vector<nlohmann::json> bar_traces(const Figure& figure, const std::string& kind) {
  std::vector<nlohmann::json> result;
  const nlohmann::json drawn = nlohmann::json::parse(plotly_figure(figure).json);
  for (const auto& trace : drawn.at("data")) {
    if (trace.at("meta").at("kind") == kind) result.push_back(trace);
  }
  return result;
}

}  // namespace

TEST_CASE("bars of several series share the place of their label", "[bars]") {
  Figure figure = example_bars();
  const std::vector<Bar> first = bars_of(bars_in(figure), 0);
  const std::vector<Bar> second = bars_of(bars_in(figure), 1);
  REQUIRE(first.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto at = static_cast<double>(i);
    CHECK(first[i].left == Approx(at - 0.4));
    CHECK(first[i].right == Approx(at));
    CHECK(second[i].left == Approx(at));
    CHECK(second[i].right == Approx(at + 0.4));
    CHECK(first[i].label == bars_in(figure).labels[i]);
  }
  CHECK(first[1].value == -0.5);
  CHECK(first[1].low == -1.0);
  CHECK(first[1].high == 0.25);
  CHECK_FALSE(first[2].value.has_value());
  CHECK_FALSE(second[0].low.has_value());
}

TEST_CASE("bars of a histogram cover their bins", "[bars]") {
  Figure figure = example_bars();
  const std::vector<Bar> bars = bars_of(histogram_in(figure), 1);
  REQUIRE(bars.size() == 3);
  CHECK(bars[1].left == 0.0);
  CHECK(bars[1].right == 0.5);
  CHECK(bars[1].value == 2.0);
  CHECK(bars[1].middle() == 0.25);
  CHECK(bars[1].label == "0 to 0.5");
}

TEST_CASE("an interval without a value or with one end is not drawn", "[bars]") {
  Figure figure = example_bars();
  bars_in(figure).series[0].high[0] = std::nullopt;
  bars_in(figure).series[0].low[2] = 1.0;
  bars_in(figure).series[0].high[2] = 2.0;
  for (const std::size_t i : {0U, 2U}) {
    CHECK_FALSE(bars_of(bars_in(figure), 0)[i].low.has_value());
    CHECK_FALSE(bars_of(bars_in(figure), 0)[i].high.has_value());
  }
}

TEST_CASE("axes of bars hold all bars, intervals and lines, and 0", "[bars]") {
  Figure figure = example_bars();
  CHECK(x_range(bars_in(figure)).low == Approx(-0.6));
  CHECK(x_range(bars_in(figure)).high == Approx(2.6));
  CHECK(y_range(bars_in(figure)).low == Approx(-1.0 - 0.06 * 3.0));
  CHECK(y_range(bars_in(figure)).high == Approx(2.0 + 0.06 * 3.0));
  bars_in(figure).reference = 5.0;
  CHECK(y_range(bars_in(figure)).high == Approx(5.0 + 0.06 * 6.0));
  CHECK(y_range(histogram_in(figure)).low == 0.0);
  CHECK(y_range(histogram_in(figure)).high == Approx(5.3));
  CHECK(x_range(histogram_in(figure)).low == Approx(-1.0 - 0.03 * 3.5));
  CHECK(x_range(histogram_in(figure)).high == Approx(2.5 + 0.03 * 3.5));  // the marker's
  CHECK(y_range(Bars{}).high == 1.0);
  CHECK(x_range(Histogram{}).high == 1.0);
}

TEST_CASE("many bars stay on a page, and their labels keep their distance", "[bars]") {
  for (const std::size_t count : {1U, 5U, 32U, 200U}) {
    for (const char* label : {"7", "a longer label", "checkpoint 1024 of the longest"}) {
      Bars bars;
      bars.labels.assign(count, label);
      const double room =
          bars_width(bars) / static_cast<double>(count) * static_cast<double>(bar_label_step(bars));
      CAPTURE(count, label);
      CHECK(bars_width(bars) <= 900.0);
      CHECK(room >= text_width(label, 11.0));
    }
  }
  Bars few;
  few.labels = {"a", "b"};
  CHECK(bar_label_step(few) == 1);
}

TEST_CASE("bars that contradict themselves are refused by name", "[bars]") {
  Figure figure = example_bars();
  CHECK_NOTHROW(check(figure));
  CHECK(count_values(figure).all == 12);
  CHECK(count_values(figure).undefined == 1);
  SECTION("a value too few") {
    bars_in(figure).series[1].values.pop_back();
    CHECK_THROWS_WITH(check(figure), "figure: bars, panel 0, series 'b': 2 values, expected 3");
  }
  SECTION("an interval of another length") {
    bars_in(figure).series[0].low.pop_back();
    CHECK_THROWS_WITH(check(figure), Contains("series 'a', interval"));
  }
  SECTION("edges that do not ascend") {
    histogram_in(figure).edges[1] = -1.0;
    CHECK_THROWS_WITH(check(figure), Contains("panel 1: edges that do not ascend"));
  }
  SECTION("a count too many") {
    histogram_in(figure).edges.pop_back();
    CHECK_THROWS_WITH(check(figure), Contains("series 'counts': 3 values, expected 2"));
  }
  SECTION("a marker that is not finite") {
    histogram_in(figure).marker = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(check(figure), Contains("marker: a value is not finite"));
  }
}

TEST_CASE("gnuplot's bars reach from 0 to their values, undefined ones are crosses", "[bars]") {
  const std::string script = gnuplot_script(example_bars(), Format::svg);
  CHECK_THAT(script, Contains("$p0b0 << EOD\n-0.2 1 -0.4 0\n0.8 -0.5 0.6 1\nEOD\n"));
  CHECK_THAT(script, Contains("$p0i0 << EOD\n-0.2 0.75 1.5\n0.8 -1 0.25\nEOD\n"));
  CHECK_THAT(script, Contains("$p0u0 << EOD\n1.8 -1.18\nEOD\n"));
  CHECK_THAT(script, Contains("$p0b0 using 1:2:3:4:(0):2 with boxxyerror lc rgb '" + palette()[2] +
                              "' fs solid border"));
  CHECK_THAT(script, Contains("set xtics ('embed' 0, '0' 1, '1 <b>' 2)"));
  CHECK_THAT(script, Contains("0.25 with lines lc '#888888'"));
  CHECK_THAT(script, Contains("$p1b1 << EOD\n-0.5 1 -1 0\n0.25 2 0 0.5\n1.25 4 0.5 2\nEOD\n"));
  CHECK_THAT(script, Contains("lc rgb '" + palette()[3] + "' fs transparent solid 0.5 border"));
  CHECK_THAT(script, Contains("$p1m << EOD\n2.5 0\n2.5 5.3\nEOD\n"));
  Figure empty = example_bars();
  bars_in(empty).series.clear();
  histogram_in(empty).series.clear();
  const std::string nothing = gnuplot_script(empty, Format::svg);
  const std::size_t first = nothing.find("no defined value");
  REQUIRE(first != std::string::npos);
  CHECK(nothing.find("no defined value", first + 1) != std::string::npos);
}

TEST_CASE("gnuplot draws bars and histograms", "[bars][needs_gnuplot]") {
  const auto gnuplot = find_gnuplot();
  if (!gnuplot) {
    std::cout << "skipped: no gnuplot in PATH\n";
    return;
  }
  CHECK_THAT(render(example_bars(), Format::svg, *gnuplot), Contains("</svg>"));
  Figure empty = example_bars();
  bars_in(empty).series.clear();
  histogram_in(empty).series.clear();
  CHECK_THAT(render(empty, Format::svg, *gnuplot), Contains("no defined value"));
}

TEST_CASE("Plotly's bars keep place, value and interval, and every digit", "[bars]") {
  Figure figure = example_bars();
  bars_in(figure).series[0].values[0] = 0.1 + 0.2;
  const auto bars = bar_traces(figure, "bar");
  REQUIRE(bars.size() == 4);
  CHECK(bars[0]["y"][0].get<double>() == 0.1 + 0.2);
  CHECK(bars[0]["y"][2].is_null());
  CHECK(bars[0]["x"][1].get<double>() == Approx(0.8));
  CHECK(bars[0]["width"][1].get<double>() == Approx(0.4));
  CHECK(bars[0]["text"] == nlohmann::json({"embed", "0", "1 &lt;b&gt;"}));
  CHECK(bars[0]["meta"]["low"] == nlohmann::json::parse("[0.75, -1.0, null]"));
  CHECK(bars[0]["meta"]["high"] == nlohmann::json::parse("[1.5, 0.25, null]"));
  CHECK(bars[0]["error_y"]["array"] == nlohmann::json::parse("[1.2, 0.75, null]"));
  CHECK(bars[0]["error_y"]["arrayminus"][1] == 0.5);
  CHECK(bars[0]["marker"]["color"] == palette()[2]);
  CHECK(bars[0]["marker"]["opacity"] == 1.0);
  CHECK_FALSE(bars[1].contains("error_y"));
  CHECK(bars[3]["x"] == nlohmann::json({-0.5, 0.25, 1.25}));
  CHECK(bars[3]["width"] == nlohmann::json({1.0, 0.5, 1.5}));
  CHECK(bars[3]["y"] == nlohmann::json({1.0, 2.0, 4.0}));
  CHECK(bars[3]["text"][2] == "0.5 to 2");
  CHECK(bars[3]["marker"]["opacity"] == 0.5);
  const auto missing = bar_traces(figure, "undefined");
  REQUIRE(missing.size() == 1);
  CHECK(missing[0]["text"] == nlohmann::json::array({"1 &lt;b&gt;"}));
  const nlohmann::json layout = nlohmann::json::parse(plotly_figure(figure).json).at("layout");
  CHECK(layout["barmode"] == "overlay");
  CHECK(layout["xaxis"]["ticktext"] == nlohmann::json({"embed", "0", "1 &lt;b&gt;"}));
  CHECK(layout["shapes"][0]["y0"] == 0.25);
  CHECK(layout["shapes"][0]["xref"] == "x domain");
  CHECK(layout["shapes"][1]["x0"] == 2.5);
  CHECK(layout["shapes"][1]["yref"] == "y2 domain");
  CHECK_FALSE(nlohmann::json::parse(plotly_figure(phiscope::test::example_curves()).json)["layout"]
                  .contains("barmode"));
  bars_in(figure).series.clear();
  CHECK(bar_traces(figure, "empty").size() == 1);
}
