// SPDX-License-Identifier: MIT
#include "figure/plotly/plotly.hpp"

#include "analyze/figure/example_figure.hpp"
#include "catch.hpp"
#include "figure/layout.hpp"
#include "figure/scale.hpp"

#include <nlohmann/json.hpp>
#include <set>

using namespace phiscope::figure;
using nlohmann::json;
using phiscope::test::example_curves;
using phiscope::test::example_map;

namespace {

json parsed(const Figure& figure) {
  return json::parse(plotly_figure(figure).json);
}

/// The traces of a kind, in order.
std::vector<json> traces(const json& figure, const std::string& kind) {
  std::vector<json> result;
  for (const auto& trace : figure.at("data")) {
    if (trace.at("meta").at("kind") == kind) result.push_back(trace);
  }
  return result;
}

/// Plotly's own rule for "x2" and its axis "xaxis2".
const json& axis(const json& figure, const std::string& name) {
  return figure.at("layout").at(name.substr(0, 1) + "axis" + name.substr(1));
}

Figure hostile(const std::string& text) {
  Figure figure = example_map();
  figure.title = text;
  figure.row_titles = {text};
  figure.legend = {{text, 0, 0}};
  for (Panel& panel : figure.panels) {
    panel.title = panel.x_label = panel.y_label = text;
    auto& map = std::get<Heatmap>(panel.content);
    map.x_labels[0] = map.y_labels[0] = map.color_label = text;
  }
  Figure curves = example_curves();
  curves.panels[0].title = curves.panels[0].y_label = text;
  auto& lines = std::get<Lines>(curves.panels[0].content);
  lines.series[0].name = text;
  lines.x_ticks = {0.0};
  lines.x_tick_labels = {text};
  figure.panels.push_back(curves.panels[0]);
  figure.row_titles.push_back(text);
  return figure;
}

}  // namespace

TEST_CASE("cells become z from below, undefined ones null with a grey area", "[plotly]") {
  const json figure = parsed(example_map());
  const auto cells = traces(figure, "cells");
  REQUIRE(cells.size() == 2);
  CHECK(cells[0]["z"] == json::parse("[[1.0, -2.0, null], [0.0, 0.5, 2.0]]"));
  CHECK(cells[0]["x"] == json({"6", "10", "100"}));
  CHECK(cells[0]["y"] == json({"embed", "0"}));
  CHECK(cells[0]["zmin"] == -2.0);
  CHECK(cells[0]["zmax"] == 2.0);
  CHECK(cells[0]["colorscale"].size() == 9);
  CHECK(cells[0]["colorscale"][4] == json::parse(R"([0.5, "#f7f7f7"])"));
  CHECK(axis(figure, "x")["type"] == "category");
  CHECK(axis(figure, "x2")["range"] == json({-0.5, 2.5}));
  const auto& shapes = figure["layout"]["shapes"];
  REQUIRE(shapes.size() == 4);  // area and hatching of both panels
  CHECK(shapes[0]["path"] == "M1.5,-0.5L2.5,-0.5L2.5,0.5L1.5,0.5Z");
  CHECK(shapes[0]["xref"] == "x");
  CHECK(shapes[2]["xref"] == "x2");
}

TEST_CASE("neighbouring undefined cells are one rectangle, but not across rows", "[plotly]") {
  Figure figure = example_map();
  std::get<Heatmap>(figure.panels[0].content).values = {1.0,          std::nullopt, std::nullopt,
                                                        std::nullopt, 2.0,          3.0};
  const json shapes = parsed(figure)["layout"]["shapes"];
  CHECK(shapes[0]["path"] ==
        "M0.5,-0.5L2.5,-0.5L2.5,0.5L0.5,0.5ZM-0.5,0.5L0.5,0.5L0.5,1.5L-0.5,1.5Z");
}

TEST_CASE("cells hold their numbers, white on dark, as in the other writer", "[plotly]") {
  const auto numbers = traces(parsed(example_map()), "numbers");
  REQUIRE(numbers.size() == 4);
  CHECK(numbers[0]["text"] == json({"1.00", "0", "0.50"}));
  CHECK(numbers[0]["textfont"]["color"] == "#222222");
  CHECK(numbers[1]["text"] == json({"-2.00", "2.00"}));
  CHECK(numbers[1]["x"] == json({"10", "100"}));
  CHECK(numbers[1]["y"] == json({"embed", "0"}));
  CHECK(numbers[1]["textfont"]["color"] == "#ffffff");
}

TEST_CASE("a sequential map starts at 0, a map without a label has no colour bar", "[plotly]") {
  Figure figure = example_map();
  auto& map = std::get<Heatmap>(figure.panels[0].content);
  map.map = Colormap::sequential;
  map.limit = 8.0;
  map.color_label.clear();
  const auto cells = traces(parsed(figure), "cells");
  CHECK(cells[0]["zmin"] == 0.0);
  CHECK(cells[0]["zmax"] == 8.0);
  CHECK(cells[0]["showscale"] == false);
  CHECK_FALSE(cells[0].contains("colorbar"));
  CHECK(cells[1]["showscale"] == true);
  CHECK(cells[1]["colorbar"]["dtick"] == 1.0);
}

TEST_CASE("labels that repeat stay cells of their own", "[plotly]") {
  Figure figure = example_map();
  std::get<Heatmap>(figure.panels[0].content).x_labels = {"the", "the", "the\u200b"};
  const auto cells = traces(parsed(figure), "cells");
  const auto names = cells[0]["x"].get<std::set<std::string>>();
  CHECK(names.size() == 3);
}

TEST_CASE("a curve keeps its gap, its band and every digit", "[plotly]") {
  Figure figure = example_curves();
  auto& series = std::get<Lines>(figure.panels[0].content).series[0];
  series.y[0] = 0.1 + 0.2;
  const json result = parsed(figure);
  const auto curves = traces(result, "curve");
  REQUIRE(curves.size() == 1);
  CHECK(curves[0]["x"] == json({-1.0, 0.0, 1.0, 2.0}));
  CHECK(curves[0]["y"][0].get<double>() == 0.1 + 0.2);
  CHECK(curves[0]["y"][1].is_null());
  CHECK_FALSE(curves[0].contains("connectgaps"));  // Plotly's default: a gap stays a gap
  CHECK(curves[0]["meta"]["low"] == json::parse("[0.5, null, 1.5, null]"));
  CHECK(curves[0]["meta"]["high"] == json::parse("[1.5, null, 2.5, null]"));
  CHECK(curves[0]["line"]["color"] == palette()[0]);
  const auto missing = traces(result, "undefined");
  REQUIRE(missing.size() == 1);
  CHECK(missing[0]["x"] == json::array({0.0}));
  CHECK(missing[0]["text"] == json::array({"<br>a: undefined"}));
  CHECK(traces(result, "empty").size() == 1);  // the panel without a curve
  CHECK_THAT(plotly_figure(figure).json, Contains("no defined value"));
}

TEST_CASE("scattered points have no lines", "[plotly]") {
  Figure figure = example_curves();
  CHECK(traces(parsed(figure), "curve")[0].at("mode") == "lines+markers");
  std::get<Lines>(figure.panels[0].content).series[0].scattered = true;
  CHECK(traces(parsed(figure), "curve")[0].at("mode") == "markers");
}

TEST_CASE("a logarithmic axis says which values it has no place for", "[plotly]") {
  Figure figure = example_curves();
  auto& lines = std::get<Lines>(figure.panels[0].content);
  lines.log_y = true;
  lines.series[0].y = {1.0, -2.5, 100.0, 3.0};
  const json result = parsed(figure);
  CHECK(axis(result, "y")["type"] == "log");
  CHECK(axis(result, "y")["range"][1].get<double>() == Approx(std::log10(115.0)));
  CHECK(traces(result, "undefined")[0]["text"] ==
        json::array({"<br>a: -2.5, below a logarithmic axis"}));
  for (const auto& shape : result["layout"]["shapes"]) CHECK(shape["y0"] != 0.0);  // no reference
}

TEST_CASE("dashes, colours and lines of the legend are those of the figure", "[plotly]") {
  Figure figure = example_curves();
  auto& lines = std::get<Lines>(figure.panels[0].content);
  lines.series.push_back(lines.series[0]);
  lines.series[1].color = 9;  // the palette starts again
  lines.series[1].dash = 2;
  const json result = parsed(figure);
  const auto curves = traces(result, "curve");
  CHECK(curves[1]["line"]["color"] == palette()[1]);
  CHECK(curves[1]["line"]["dash"] == "2px,4px");
  CHECK(curves[1]["meta"]["color"] == 9);
  const auto keys = traces(result, "key");
  REQUIRE(keys.size() == 2);
  CHECK(keys[0]["name"] == "N = 6");
  CHECK(keys[1]["line"]["color"] == "#222222");
  CHECK(keys[1]["line"]["dash"] == "9px,5px");
  for (const auto& trace : result["data"]) {
    if (trace["type"] != "scatter" || trace["meta"]["kind"] == "key") continue;
    CHECK(trace["showlegend"] == false);
  }
}

TEST_CASE("every panel has axes of its own where the layout puts them", "[plotly]") {
  Figure figure = example_map();
  figure.panels.push_back(example_curves().panels[0]);
  figure.panels.push_back(example_curves().panels[1]);
  figure.panels.push_back(figure.panels[0]);
  figure.row_titles = {"a", "b", "c"};
  const json result = parsed(figure);
  const Layout sizes = layout(figure);  // no legend: the same height
  std::set<std::string> used;
  for (const auto& trace : result["data"]) used.insert(trace["xaxis"].get<std::string>());
  CHECK(used == std::set<std::string>{"x", "x2", "x3", "x4", "x5"});
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const std::string number = i == 0 ? "" : std::to_string(i + 1);
    const json& x = axis(result, "x" + number);
    const json& y = axis(result, "y" + number);
    CHECK(x["anchor"] == "y" + number);
    CHECK(y["anchor"] == "x" + number);
    CHECK(x["domain"][0].get<double>() * sizes.width == Approx(sizes.panels[i].left));
    CHECK((x["domain"][1].get<double>() - x["domain"][0].get<double>()) * sizes.width ==
          Approx(sizes.panels[i].width));
    CHECK(y["domain"][0].get<double>() * sizes.height == Approx(sizes.panels[i].bottom));
    CHECK(y["domain"][1].get<double>() <= 1.0);
  }
  CHECK(axis(result, "x5")["matches"] == "x");  // the same cells are zoomed together
  CHECK(axis(result, "y5")["matches"] == "y");
  CHECK_FALSE(axis(result, "x3").contains("matches"));
}

TEST_CASE("a legend too long for one line gets room below the panels", "[plotly]") {
  Figure figure = example_curves();
  figure.legend.assign(20, {"a rather long name of a run (sink keep)", 0, 0});
  const PlotlyFigure made = plotly_figure(figure);
  const json result = json::parse(made.json);
  double lowest = 1.0;
  for (const char* name : {"y", "y2"}) {
    lowest = std::min(lowest, axis(result, name)["domain"][0].get<double>());
  }
  const double per_line =
      std::floor(0.8 * made.width / (34.0 + text_width(figure.legend[0].text, 12.0)));
  CHECK(lowest * made.height >= 20.0 * std::ceil(20.0 / per_line));
}

TEST_CASE("hover labels name the axes that a panel shares with its neighbours", "[plotly]") {
  Figure figure = example_map();
  figure.panels[0].y_label = "layer";
  figure.panels[1].x_label = "length";
  std::get<Heatmap>(figure.panels[0].content).color_label.clear();
  const auto cells = traces(parsed(figure), "cells");
  CHECK(cells[0]["hovertemplate"] ==
        "<b>left</b><br>N: %{x}<br>layer: %{y}<br>influence: %{customdata}<extra></extra>");
  CHECK(cells[1]["hovertemplate"] ==
        "<b>right</b><br>length: %{x}<br>layer: %{y}<br>influence: %{customdata}<extra></extra>");
}

TEST_CASE("no text of a figure becomes markup, a variable or the end of the script", "[plotly]") {
  const std::string text =
      "</script><script>alert(1)</script><!-- <b>%{x} &lt; \u2028 \xff \n<a href=\"javascript:x\">";
  const std::string result = plotly_figure(hostile(text)).json;
  CHECK(result.find('<') == std::string::npos);
  for (const char c : result) REQUIRE(static_cast<unsigned char>(c) < 0x80);
  const json figure = json::parse(result);
  const auto is_safe = [](std::string shown) {
    for (const char* const ours :
         {"<b>", "</b>", "<br>", "<extra></extra>", "%{x}", "%{y}", "%{customdata}", "%{text}"}) {
      const std::string part = ours;
      for (std::size_t at = shown.find(part); at != std::string::npos; at = shown.find(part)) {
        shown.erase(at, part.size());
      }
    }
    return shown.find('<') == std::string::npos && shown.find("%{") == std::string::npos;
  };
  for (const auto& trace : figure["data"]) {
    for (const char* key : {"name", "hovertemplate"}) {
      if (!trace.contains(key)) continue;
      CHECK(is_safe(trace[key]));
      CHECK_THAT(trace[key].get<std::string>(), !Contains("<b>%"));
    }
    if (trace["type"] == "heatmap") {
      CHECK(is_safe(trace["x"][0]));
      CHECK(is_safe(trace["colorbar"]["title"]["text"]));
    }
  }
  for (const auto& note : figure["layout"]["annotations"]) CHECK(is_safe(note["text"]));
  CHECK(is_safe(axis(figure, "x")["title"]["text"]));
  CHECK(is_safe(axis(figure, "x3")["ticktext"][0]));
}

TEST_CASE("Plotly shows a text as it is", "[plotly]") {
  CHECK(plotly_text("a<b> & %{x}\n") == "a&lt;b&gt; &amp; %&#123;x} ");
  CHECK(plotly_text("R\u00b2 = 1") == "R\u00b2 = 1");
}

TEST_CASE("a figure that contradicts itself is refused by this writer as well", "[plotly]") {
  Figure figure = example_map();
  figure.panels.clear();
  CHECK_THROWS_AS(plotly_figure(figure), std::invalid_argument);
}

TEST_CASE("in a narrow window panels stand below one another with all that names them",
          "[plotly]") {
  Figure figure = example_map();
  figure.panels.push_back(example_curves().panels[0]);
  figure.panels.push_back(example_curves().panels[1]);
  figure.row_titles = {"above", "below"};
  figure.panels[2].title.clear();
  figure.panels[2].x_label = "depth";
  figure.panels[0].y_label = "layer";
  std::get<Heatmap>(figure.panels[1].content).draw_y_labels = false;
  const json result = parsed(figure);
  const json& narrow = result["narrow"];
  CHECK(narrow["width"].get<double>() < plotly_figure(figure).width);
  CHECK(narrow["height"].get<double>() > plotly_figure(figure).height);
  CHECK_FALSE(narrow["layout"].contains("title"));
  CHECK_FALSE(narrow["layout"].contains("shapes"));
  double above = 1.0;
  for (const char* number : {"", "2", "3", "4"}) {
    const json& x = narrow["layout"][std::string("xaxis") + number];
    const json& y = narrow["layout"][std::string("yaxis") + number];
    CHECK(x["domain"][0] == narrow["layout"]["xaxis"]["domain"][0]);
    CHECK(y["domain"][1].get<double>() < above);
    above = y["domain"][0].get<double>();
  }
  CHECK(narrow["layout"]["yaxis2"]["showticklabels"] == true);
  CHECK(narrow["layout"]["xaxis3"]["title"]["text"] == "depth");
  CHECK(narrow["layout"]["yaxis2"]["title"]["text"] == "layer");  // that of its row
  CHECK_FALSE(narrow["layout"]["yaxis3"].contains("title"));
  std::vector<std::string> titles;
  for (const json& note : narrow["layout"]["annotations"]) {
    if (note.contains("yshift")) titles.push_back(note["text"]);
  }
  CHECK(titles ==
        std::vector<std::string>{"above: left", "above: right", "below: left", "below: right"});
  REQUIRE(narrow["colorbars"].size() == 2);
  for (const json& bar : narrow["colorbars"]) {
    CHECK(result["data"][bar[0].get<std::size_t>()]["meta"]["kind"] == "cells");
    CHECK(bar[1]["x"] == narrow["colorbars"][0][1]["x"]);
  }
  figure.panels.resize(1);
  figure.row_titles.resize(1);
  CHECK_FALSE(parsed(figure).contains("narrow"));
}

TEST_CASE("on a phone curves are as narrow as it needs, unless something else is wider",
          "[plotly]") {
  constexpr double phone = 358.0;
  const auto plot_width = [](const json& result) {
    const json& domain = result["layout"]["xaxis"]["domain"];
    return (domain[1].get<double>() - domain[0].get<double>()) * result["width"].get<double>();
  };
  Figure figure = example_curves();
  figure.columns = 1;
  figure.panels.resize(1);
  figure.panels[0].x_label = "layer";
  figure.panels[0].y_label = "effect";
  figure.legend.clear();
  CHECK_FALSE(parsed(figure).contains("narrow"));  // fits as it is
  auto& lines = std::get<Lines>(figure.panels[0].content);
  lines.series.push_back(lines.series[0]);
  lines.series[1].color = 1;
  figure.legend = {{"fifteen letters", 0, 0}, {"another", 1, 0}};
  const double too_wide = plotly_figure(figure).width - phone;
  REQUIRE(too_wide > 50.0);
  const json result = parsed(figure)["narrow"];
  CHECK(result["width"] == phone);
  CHECK(plot_width(result) == Approx(250.0 - too_wide));
  figure.panels.push_back(example_map().panels[0]);
  auto& map = std::get<Heatmap>(figure.panels[1].content);
  for (std::string& label : map.x_labels) label = std::string(40, 'w');
  const json wide = parsed(figure)["narrow"];
  CHECK(wide["width"].get<double>() > phone);
  CHECK(plot_width(wide) == Approx(250.0));
}

TEST_CASE("lines between layers cross the map, labels stand above their points", "[plotly]") {
  Figure figure = example_map();
  auto& map = std::get<Heatmap>(figure.panels[0].content);
  map.x_breaks = {2};
  map.y_breaks = {1};
  map.marked = {true, false, false, false, false, true};
  figure.panels[1] = example_curves().panels[0];
  auto& series = std::get<Lines>(figure.panels[1].content).series[0];
  series.labels = {"first", "has no value", "", "<3>"};
  const json result = parsed(figure);
  std::vector<json> lines;
  for (const json& shape : result["layout"]["shapes"]) {
    if (shape["type"] == "line" && shape["layer"] == "above") lines.push_back(shape);
  }
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["x0"] == 1.5);
  CHECK(lines[0]["x1"] == 1.5);
  CHECK(lines[0]["yref"] == "y domain");
  CHECK(lines[1]["y0"] == 0.5);
  CHECK(lines[1]["xref"] == "x domain");
  const auto labels = traces(result, "labels");
  REQUIRE(labels.size() == 1);
  CHECK(labels[0]["text"] == json({"first", "&lt;3&gt;"}));
  CHECK(labels[0]["x"] == json({-1.0, 2.0}));
  CHECK(labels[0]["y"] == json({1.0, 3.0}));
  std::set<std::string> texts;
  for (const json& trace : traces(result, "numbers")) {
    for (const json& text : trace["text"]) texts.insert(text.get<std::string>());
  }
  CHECK(texts == std::set<std::string>{"1.00*", "-2.00", "0", "0.50", "2.00*"});
}

TEST_CASE("a logarithmic map keeps its values and tells the script its limit", "[plotly]") {
  Figure figure = example_map();
  auto& map = std::get<Heatmap>(figure.panels[0].content);
  map.is_log = true;
  map.limit = 4.0;
  const auto cells = traces(parsed(figure), "cells");
  CHECK(cells[0]["z"][0][1] == -2.0);
  CHECK(cells[0]["zmax"] == 1.0);
  CHECK(cells[0]["meta"]["log_limit"] == 4.0);
  CHECK(cells[0]["colorbar"]["ticktext"] == json({"-4", "-0.4", "0", "0.4", "4"}));
  CHECK(cells[0]["colorbar"]["tickvals"][4] == Approx(1.0));
  CHECK(cells[0]["colorbar"]["tickvals"][3].get<double>() == Approx(shade(map, 0.4)));
  CHECK_FALSE(cells[1]["meta"].contains("log_limit"));
}

TEST_CASE("a title longer than its panel is not cut off on its left", "[plotly]") {
  Figure figure = example_map();
  figure.row_titles.clear();
  figure.columns = 1;
  figure.panels.resize(1);
  figure.panels[0].title = "short";
  const auto anchor = [&figure] {
    return parsed(figure)["layout"]["annotations"][0]["xanchor"].get<std::string>();
  };
  CHECK(anchor() == "center");
  figure.panels[0].title = std::string(200, 'w');
  CHECK(anchor() == "left");
  CHECK(parsed(figure)["layout"]["annotations"][0]["x"] == 0.0);
}
