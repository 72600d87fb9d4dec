// SPDX-License-Identifier: MIT
#include "report/page.hpp"

#include "analyze/figure/example_figure.hpp"
#include "catch.hpp"
#include "figure/plotly/bundle.hpp"

#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>

using namespace phiscope::figure;
using namespace phiscope::report;
using phiscope::Table;
using phiscope::Undefined;

namespace {

const std::string drawn =
    "<?xml version=\"1.0\"?>\n<svg><defs><circle id='gpDot'/></defs><g id=\"gnuplot_plot_1\">"
    "<use xlink:href='#gpDot'/><rect fill='url(#gpPat4)'/></g></svg>\n";

const std::string bundle = "window.Plotly = {};";

Page example_report() {
  FigureBlock first{
      .figure = phiscope::test::example_map(), .drawn = true, .svg = drawn, .downloads = {}};
  first.figure.caption = "1 < 2";
  first.figure.definition = "a / b";
  first.figure.source = "loo.csv";
  first.downloads = {{"PNG", "a map.png"}};
  FigureBlock second{
      .figure = phiscope::test::example_curves(), .drawn = true, .svg = drawn, .downloads = {}};
  const Table table{
      .columns = {"name", "value"},
      .rows = {{std::string("<i>"), 1.23456789}, {std::string("b"), Undefined{"why"}}}};
  Page report;
  report.title = "A & B";
  report.facts = {{"Program", "p <1>"}};
  report.sections = {
      {.title = "One", .blocks = {Points{{"x < y"}}, TableBlock{"all", "t.csv", table, false}}},
      {.title = "Two", .blocks = {std::move(first), std::move(second)}},
      {.title = "Three", .blocks = {Downloads{{{"loo.csv", "everything"}}}}}};
  return report;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

}  // namespace

TEST_CASE("without Plotly a report needs no network and runs no script", "[page]") {
  const std::string page = html_page(example_report(), "");
  CHECK_THAT(page, !Contains("http://") && !Contains("https://") && !Contains("<script") &&
                       !Contains("<link") && !Contains("@import") && !Contains("src="));
  CHECK_THAT(page, Contains("<!DOCTYPE html>") && Contains("<meta charset=\"utf-8\">"));
  CHECK(html_page(example_report(), "") == page);
}

TEST_CASE("with Plotly a page holds the script once, figures as data, and asks for nothing",
          "[page]") {
  const std::string page = html_page(example_report(), bundle);
  CHECK_THAT(page, !Contains("http://") && !Contains("https://") && !Contains("<link") &&
                       !Contains("@import") && !Contains("src=") && !Contains("<svg"));
  CHECK_THAT(page, Contains("default-src 'none'") && Contains("script-src 'unsafe-inline'"));
  CHECK(count(page, bundle) == 1);
  CHECK(count(page, "class=\"plot\"") == 2);
  for (const char* name : {"map", "curves"}) {
    const std::string begin =
        std::string("<script type=\"application/json\" id=\"data-plot-") + name + "\">";
    const std::size_t at = page.find(begin);
    REQUIRE(at != std::string::npos);
    const std::size_t text = at + begin.size();
    const auto figure = nlohmann::json::parse(page.substr(text, page.find("</script>", at) - text));
    CHECK(figure.contains("data"));
    CHECK(figure.contains("layout"));
  }
  CHECK(count(page, "<script") == count(page, "</script>"));
  CHECK(count(page, "<noscript>") == 2);
  CHECK(count(page, "aria-label") >= 2);
  CHECK_THAT(page, Contains("CSV of the values drawn") && Contains("MIT licence"));
  CHECK(html_page(example_report(), bundle) == page);
}

TEST_CASE("a page without a drawn figure carries no script", "[page]") {
  Page report = example_report();
  for (Block& block : report.sections[1].blocks) std::get<FigureBlock>(block).drawn = false;
  const std::string page = html_page(report, bundle);
  CHECK_THAT(page,
             !Contains("<script") && !Contains("<svg") && !Contains("'unsafe-inline'; script"));
  CHECK(count(page, "not drawn") == 2);
}

TEST_CASE("a page begins with title, leads, alerts and the key figure, and ends with provenance",
          "[page]") {
  Page report = example_report();
  report.leads = {{.verdict = "not_shown", .text = "x < y"}, {.verdict = "", .text = "plain"}};
  report.alerts = {"few <units>"};
  report.key = std::get<FigureBlock>(report.sections[1].blocks.back());
  report.sections[1].blocks.pop_back();
  report.sections[2].folded = true;
  const std::string page = html_page(report, "");
  std::size_t before = page.find("<h1>A &amp; B</h1>");
  for (const char* part :
       {"<strong class=\"verdict not_shown\">not shown</strong> x &lt; y</p>",
        "<p class=\"lead\">plain</p>", "few &lt;units&gt;</li>", "<figure id=\"curves\"",
        "<section id=\"section-1\">\n<h2>One</h2>", "<figure id=\"map\"",
        "<section id=\"section-3\">\n<details><summary><h2>Three</h2></summary>",
        "<details><summary><h2>Program, model and options</h2></summary>",
        "<dt>Program</dt><dd>p &lt;1&gt;</dd>"}) {
    CAPTURE(part);
    const std::size_t at = page.find(part);
    REQUIRE(at != std::string::npos);
    CHECK(at > before);
    before = at;
  }
  for (const char* link : {"href=\"#section-2\">Two</a>", "href=\"#facts\">Program, model"}) {
    CHECK(page.find(link) < page.find("<h1>"));
  }
  CHECK(count(page, "<details") == count(page, "</details>"));
  CHECK_THAT(html_page(example_report(), ""), !Contains("class=\"alerts\""));
}

TEST_CASE("a figure's first sentence and undefined values are below it, the rest to be opened",
          "[page]") {
  Page about = example_report();
  auto& map = std::get<FigureBlock>(about.sections[1].blocks[0]).figure;
  map.caption = "What it is. How it was made.";
  const std::string opened = html_page(about, "");
  CHECK_THAT(opened, Contains("<figcaption><p>What it is.</p>\n<p>Undefined: 2 of 12 values.</p>\n"
                              "<details><summary>About this figure</summary>\n"
                              "<p>How it was made.</p>"));
  const std::string page = html_page(example_report(), bundle);
  CHECK_THAT(page, Contains("Undefined: 2 of 12 values.") && Contains("Undefined: 1 of 4 values."));
  Page report = example_report();
  report.sections[1].blocks.pop_back();
  for (auto& panel : std::get<FigureBlock>(report.sections[1].blocks[0]).figure.panels) {
    std::get<Heatmap>(panel.content).values[2] = 0.0;
  }
  CHECK_THAT(html_page(report, bundle), Contains("All 12 values are defined."));
}

TEST_CASE("the bundle, where the build has one, is whole and has its licence notice",
          "[page][needs_plotly]") {
  const std::string_view plotly = plotly_bundle();
  if (plotly.empty()) {
    std::cout << "skipped: built without plotly.min.js\n";
    return;
  }
  CHECK(plotly.size() > 1000000);
  CHECK(plotly.size() < 5500000);
  CHECK(plotly.substr(0, 400).find("Licensed under the MIT license") != std::string_view::npos);
  CHECK(plotly.substr(plotly.size() - 200).find("return Plotly") != std::string_view::npos);
  CHECK(plotly.find("</script") == std::string_view::npos);
}

TEST_CASE("texts of a report cannot become markup", "[page]") {
  const std::string page = html_page(example_report(), "");
  CHECK_THAT(page, Contains("<title>A &amp; B</title>"));
  CHECK_THAT(page, Contains("x &lt; y") && Contains("&lt;i&gt;") && Contains("1 &lt; 2"));
  CHECK_THAT(page, !Contains("<i>") && !Contains("x < y"));
}

TEST_CASE("the identifiers of several figures do not clash", "[page]") {
  const std::string page = html_page(example_report(), "");
  const std::regex id("\\bid=['\"]([^'\"]+)['\"]");
  std::vector<std::string> ids;
  for (std::sregex_iterator it(page.begin(), page.end(), id); it != std::sregex_iterator(); ++it) {
    ids.push_back((*it)[1]);
  }
  std::sort(ids.begin(), ids.end());
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
  CHECK_THAT(page, Contains("href='#map-gpDot'") && Contains("url(#curves-gpPat4)"));
  CHECK_THAT(page, !Contains("<?xml"));
}

TEST_CASE("a table in a report is rounded, its download is not", "[page]") {
  const std::string page = html_page(example_report(), "");
  CHECK_THAT(page, Contains("<td title=\"1.23456789\">1.235</td>"));
  CHECK_THAT(page, Contains("<td class=\"undefined\" title=\"why\">\u2013</td>"));
  CHECK_THAT(page,
             Contains("href=\"data:text/csv;charset=utf-8,name%2Cvalue%0A%3Ci%3E%2C1.23456789%0A"));
  CHECK_THAT(page, Contains("href=\"a%20map.png\"") && Contains("href=\"loo.csv\""));
}

TEST_CASE("a figure stands above its caption, definition and source; undrawn it says so",
          "[page]") {
  Page report = example_report();
  const std::string page = html_page(report, "");
  CHECK(page.find("</svg>") < page.find("1 &lt; 2"));
  CHECK(page.find("1 &lt; 2") < page.find("a / b"));
  CHECK(count(page, "<figure") == 2);
  std::get<FigureBlock>(report.sections[1].blocks[0]).svg.clear();
  CHECK_THAT(html_page(report, ""), Contains("not drawn"));
}

TEST_CASE("figures that share a place are tabs of it, others are not", "[page]") {
  Page report = example_report();
  auto& blocks = report.sections[1].blocks;
  const auto figure_at = [&blocks](std::size_t i) -> Figure& {
    return std::get<FigureBlock>(blocks[i]).figure;
  };
  CHECK_THAT(html_page(report, ""), !Contains("class=\"tabs\""));
  figure_at(0).tabs = "levels";
  figure_at(0).tab = "semantic & more";
  CHECK_THAT(html_page(report, ""), !Contains("class=\"tabs\""));  // nothing to choose from
  figure_at(1).tabs = "levels";
  figure_at(1).tab = "unrelated";
  const std::string page = html_page(report, "");
  CHECK(count(page, "<div class=\"tabs\">") == 1);
  CHECK_THAT(page, Contains("<div class=\"tabs\">\n<input type=\"radio\" name=\"tabs-levels\" "
                            "id=\"tab-map\" checked><label for=\"tab-map\">semantic &amp; more"
                            "</label>\n<figure id=\"map\""));
  CHECK_THAT(page, Contains("</figure>\n<input type=\"radio\" name=\"tabs-levels\" "
                            "id=\"tab-curves\"><label for=\"tab-curves\">unrelated</label>\n"
                            "<figure id=\"curves\""));
  CHECK_THAT(page, Contains("</figure>\n</div>\n</section>"));
  figure_at(1).tabs = "others";
  CHECK_THAT(html_page(report, ""), !Contains("class=\"tabs\""));
}
