// SPDX-License-Identifier: MIT
#include "figure/end_labels.hpp"

#include "catch.hpp"
#include "figure/gnuplot/gnuplot.hpp"
#include "figure/layout.hpp"
#include "figure/plotly/plotly.hpp"
#include "figure/scale.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

using namespace phiscope::figure;

namespace {

/// Two points each, the last of them given; named "N = 0", "N = 1", ...
Figure curves_that_end_at(const std::vector<std::optional<double>>& ends, bool is_log = false) {
  Figure figure;
  figure.name = "ends";
  Lines lines;
  lines.log_y = is_log;
  lines.y_include = {1.0, 101.0};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    Series series;
    series.name = "series " + std::to_string(i);
    series.x = {0.0, 1.0};
    series.y = {50.0, ends[i]};
    series.color = static_cast<int>(i);
    lines.series.push_back(series);
    figure.legend.push_back({"N = " + std::to_string(i), static_cast<int>(i), 0});
  }
  figure.panels.push_back({"", "x", "y", lines});
  return figure;
}

const Lines& lines_of(const Figure& figure) {
  return std::get<Lines>(figure.panels.front().content);
}

std::vector<EndLabel> labels_of(const Figure& figure) {
  return end_labels(figure, lines_of(figure));
}

/// Pixels from the foot of the panel.
double height(const Figure& figure, double y) {
  const Range range = y_range(lines_of(figure));
  if (lines_of(figure).log_y) {
    return lines_height * std::log(y / range.low) / std::log(range.high / range.low);
  }
  return lines_height * (y - range.low) / (range.high - range.low);
}

}  // namespace

TEST_CASE("the name of a curve is at its last point", "[end_labels]") {
  const bool is_log = GENERATE(false, true);
  const Figure figure = curves_that_end_at({80.0, 20.0, std::nullopt, 2.0}, is_log);
  const std::vector<EndLabel> labels = labels_of(figure);
  REQUIRE(labels.size() == 4);
  const std::vector<std::pair<std::string, double>> expected{
      {"N = 3", 2.0}, {"N = 1", 20.0}, {"N = 2", 50.0}, {"N = 0", 80.0}};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    CHECK(labels[i].text == expected[i].first);
    CHECK(labels[i].text == "N = " + std::to_string(labels[i].series));
    // Where the axis is logarithmic, 50 and 80 are 19 pixels apart.
    CHECK_THAT(labels[i].y, Catch::WithinRel(expected[i].second, 1e-12));
    CHECK(labels[i].x == x_range(lines_of(figure)).high);
  }
}

TEST_CASE("names of curves that end together stand around them", "[end_labels]") {
  const Figure figure = curves_that_end_at({50.0, 50.0, 50.5});
  const std::vector<EndLabel> labels = labels_of(figure);
  REQUIRE(labels.size() == 3);
  double mean = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(labels[i].series == i);
    mean += height(figure, labels[i].y) / 3.0;
    if (i > 0) {
      CHECK_THAT(height(figure, labels[i].y) - height(figure, labels[i - 1].y),
                 Catch::WithinAbs(12.0, 1e-9));
    }
  }
  CHECK_THAT(mean, Catch::WithinAbs(height(figure, (50.0 + 50.0 + 50.5) / 3.0), 1e-9));
}

TEST_CASE("names do not leave the height of their panel", "[end_labels]") {
  const double end = GENERATE(1.0, 50.0, 101.0);
  const Figure figure = curves_that_end_at(std::vector<std::optional<double>>(10, end));
  const std::vector<EndLabel> labels = labels_of(figure);
  REQUIRE(labels.size() == 10);
  double below = -12.0;
  for (const EndLabel& label : labels) {
    const double at = height(figure, label.y);
    CHECK(at > -1e-9);
    CHECK(at < lines_height + 1e-9);
    CHECK(at - below > 12.0 - 1e-9);
    below = at;
  }
}

TEST_CASE("curves without room or use for names have none", "[end_labels]") {
  CHECK(labels_of(curves_that_end_at({50.0})).empty());
  CHECK(labels_of(curves_that_end_at(std::vector<std::optional<double>>(14, 50.0))).size() == 14);
  CHECK(labels_of(curves_that_end_at(std::vector<std::optional<double>>(15, 50.0))).empty());
  Figure figure = curves_that_end_at({20.0, 50.0, 80.0});
  figure.legend[0].text = "a name of 18 signs";
  CHECK(labels_of(figure).empty());
  figure.legend[0].text = "one of 17 signs..";
  CHECK(labels_of(figure).size() == 3);
  figure.legend[1].dash = 1;  // not the legend's curve
  CHECK(labels_of(figure).size() == 2);
  std::get<Lines>(figure.panels[0].content).series[0].scattered = true;
  CHECK(labels_of(figure).empty());
}

TEST_CASE("both writers show the names, in room of their own", "[end_labels]") {
  Figure figure = curves_that_end_at({80.0, 20.0});
  const std::string script = gnuplot_script(figure, Format::svg);
  CHECK(script.find("$p0e1 << EOD\n1.03 20 \"N = 1\"\nEOD\n") != std::string::npos);
  CHECK(script.find("$p0e0 << EOD\n1.03 80 \"N = 0\"\nEOD\n") != std::string::npos);
  CHECK(script.find("$p0e0 using 1:2:3 with labels left") != std::string::npos);

  std::vector<std::string> texts;
  const auto plotly = nlohmann::json::parse(plotly_figure(figure).json);
  for (const auto& trace : plotly.at("data")) {
    if (trace.at("meta").at("kind") != "labels") continue;
    texts.push_back(trace.at("text").at(0).get<std::string>() + " at " + trace.at("x").dump() +
                    trace.at("y").dump() + " of " +
                    trace.at("meta").at("series").get<std::string>());
  }
  CHECK(texts.size() == 2);
  CHECK(std::ranges::count(texts, "N = 1 at [1.03][20.0] of series 1") == 1);
  CHECK(std::ranges::count(texts, "N = 0 at [1.03][80.0] of series 0") == 1);

  const Layout with = layout(figure);
  const double room = with.width - with.panels[0].left - with.panels[0].width;
  CHECK(room > text_width("N = 0", end_label_size) + 20.0);
}
