// SPDX-License-Identifier: MIT
#include "report/analysis.hpp"

#include "analyze/figure/example_figure.hpp"
#include "catch.hpp"

using namespace phiscope;
using namespace phiscope::report;
using Json = nlohmann::ordered_json;

namespace {

/// Two sources that differ in one option, a warning, a finding, a table, a figure.
Analysis example() {
  const Json plan = {{"version", "1"},           {"revision", "abc"},
                     {"options", {{"seed", 3}}}, {"numerics", {{"dtype", "float32"}}},
                     {"words", {"secret"}},      {"model", {{"name", "m"}, {"layers", 2}}}};
  Json other = plan;
  other["options"]["seed"] = 4;
  Analysis analysis{.program = "analyze-x", .title = "Title"};
  analysis.sources = {{.label = "a", .about = "2 prompts", .plan = plan},
                      {.label = "b", .about = "5 prompts", .plan = other}};
  analysis.left_out = "words";
  analysis.options = {{"resamples", "7"}, {"seed", "1"}};
  analysis.warnings = {"Few prompts."};
  analysis.findings = {"First.", "Second."};
  analysis.tables = {{"t.csv", "one row per x", {{"x", "y"}, {{1.5, 2.0}}}}};
  analysis.figures = {test::example_curves()};
  analysis.sections = {{.title = "Pictures",
                        .lines = {"A line."},
                        .figures = {analysis.figures[0].name},
                        .tables = {folded(analysis.tables[0])},
                        .links = {{"b/report.html", "the report of b"}}}};
  return analysis;
}

const std::vector<std::string>& lines_of(const PageSection& section, std::size_t block = 0) {
  return std::get<Points>(section.blocks.at(block)).lines;
}

}  // namespace

TEST_CASE("a page has its lead, alerts and key figure, then findings, sections, tables, provenance",
          "[analysis]") {
  Analysis analysis = example();
  figure::Figure other = analysis.figures[0];
  other.name = "other";
  analysis.figures.push_back(other);
  analysis.sections[0].figures.emplace_back("other");
  const DrawnFigures drawn{.blocks = {{.figure = analysis.figures[0], .drawn = false},
                                      {.figure = other, .drawn = false}},
                           .files = {},
                           .notes = {"No figures: a reason."}};
  const Page made = page(analysis, drawn);
  CHECK(made.title == "Title");
  CHECK(made.subtitle == "a \u00b7 b");
  REQUIRE(made.leads.size() == 1);
  CHECK(made.leads[0].text == "First.");
  CHECK(made.leads[0].verdict.empty());
  CHECK(made.alerts == std::vector<std::string>{"Few prompts.", "No figures: a reason."});
  REQUIRE(made.key);
  CHECK(made.key->figure.name == analysis.figures[0].name);
  CHECK(made.facts == facts(analysis));
  std::vector<std::string> titles;
  std::vector<bool> are_folded;
  for (const PageSection& section : made.sections) {
    titles.push_back(section.title);
    are_folded.push_back(section.folded);
  }
  REQUIRE(titles == std::vector<std::string>{"Findings", "Pictures", "Tables", "Provenance"});
  CHECK(are_folded == std::vector<bool>{false, false, true, false});
  CHECK(lines_of(made.sections[0]) == std::vector<std::string>{"Second."});
  const PageSection& pictures = made.sections[1];
  REQUIRE(pictures.blocks.size() == 4);
  CHECK(lines_of(pictures) == std::vector<std::string>{"A line."});
  CHECK(std::get<FigureBlock>(pictures.blocks[1]).figure.name == "other");
  CHECK(std::get<TableBlock>(pictures.blocks[2]).caption == "one row per x");
  CHECK(std::get<TableBlock>(pictures.blocks[2]).folded);
  CHECK(std::get<Downloads>(pictures.blocks[3]).files.at(0).first == "b/report.html");
  CHECK(std::get<Downloads>(made.sections[2].blocks.at(1)).files ==
        std::vector<std::pair<std::string, std::string>>{{"t.csv", "one row per x"}});
  CHECK(std::get<TableBlock>(made.sections[3].blocks.at(0)).table.rows ==
        provenance_table(analysis).rows);
  analysis.key_figure = "other";
  CHECK(page(analysis, drawn).key->figure.name == "other");
}

TEST_CASE("a page leads with every claim that is not exploratory", "[analysis]") {
  Analysis analysis = example();
  analysis.claims = {{.about = "B holds", .p = 0.5, .least_p = 0.001},
                     {.about = "A holds", .role = Role::primary, .p = 0.02},
                     {.about = "C holds", .role = Role::primary, .p = 0.2}};
  const Page made = page(analysis, {.blocks = {{.figure = analysis.figures[0]}}});
  REQUIRE(made.leads.size() == 2);
  CHECK(made.leads[0].verdict == "shown");
  CHECK(made.leads[0].text == "Primary: A holds: shown (p = 0.020).");
  CHECK(made.leads[1].verdict == "not_shown");
  CHECK(
      lines_of(made.sections[0]) ==
      std::vector<std::string>{"Exploratory: B holds: not shown (p = 0.50).", "First.", "Second."});
  analysis.claims.resize(1);
  const Page found = page(analysis, {.blocks = {{.figure = analysis.figures[0]}}});
  REQUIRE(found.leads.size() == 1);
  CHECK(found.leads[0].verdict == "not_shown");
  CHECK(lines_of(found.sections[0]) == std::vector<std::string>{"First.", "Second."});
  analysis.claims.clear();
  analysis.findings.clear();
  const Page none = page(analysis, {.blocks = {{.figure = analysis.figures[0]}}});
  CHECK(none.leads[0].text == "No findings.");
  CHECK(none.sections[0].title == "Pictures");
}

TEST_CASE("of many findings the first are shown, the others to be opened", "[analysis]") {
  Analysis analysis = example();
  analysis.findings.clear();
  for (int i = 0; i < 10; ++i) analysis.findings.push_back(std::to_string(i));
  const Page made = page(analysis, {.blocks = {{.figure = analysis.figures[0]}}});
  REQUIRE(made.sections[0].blocks.size() == 2);
  CHECK(lines_of(made.sections[0]).front() == "1");
  CHECK(lines_of(made.sections[0]).back() == "6");
  CHECK(lines_of(made.sections[0], 1) == std::vector<std::string>{"7", "8", "9"});
  CHECK(std::get<Points>(made.sections[0].blocks[1]).summary == "3 more findings");
}

TEST_CASE("claims are told before the findings, and definitions say what decides them",
          "[analysis]") {
  Analysis analysis = example();
  analysis.definitions = {"A balance is x / (x + y)."};
  analysis.claims = {{.about = "B holds", .p = 0.02, .least_p = 0.001},
                     {.about = "A holds", .role = Role::primary, .p = 0.02}};
  CHECK(told(analysis) == std::vector<std::string>{"Primary: A holds: shown (p = 0.020).",
                                                   "Exploratory: B holds: not shown (p = 0.020).",
                                                   "First.", "Second."});
  CHECK(summary_text(analysis).find("Findings\n- Primary: A holds") != std::string::npos);
  const std::vector<NamedTable> tables = all_tables(analysis);
  REQUIRE(tables.size() == 2);
  CHECK(tables[0].file == "t.csv");
  CHECK(tables[1].file == "claims.csv");
  CHECK(tables[1].table.rows[0][1] == Cell("A holds"));
  const Page made = page(analysis, {.blocks = {{.figure = analysis.figures[0]}}});
  REQUIRE(made.sections.size() == 5);
  CHECK(made.sections[2].title == "Definitions");
  CHECK(made.sections[2].folded);
  CHECK(lines_of(made.sections[2]) ==
        std::vector<std::string>{
            "A balance is x / (x + y).",
            "Shown: the p-value is at most 0.05 for the primary claim; for the exploratory ones at "
            "most 0.01 after Holm's correction of the 1 of this report that have one, since they "
            "were not named before the run. Not shown is no evidence of the contrary."});
  CHECK(std::get<Downloads>(made.sections[3].blocks.at(1)).files.back().first == "claims.csv");
}

TEST_CASE("what decides the claims names the corrections that were made", "[analysis]") {
  Analysis analysis = example();
  analysis.definitions.clear();
  const auto decided = [&](const std::vector<Claim>& claims) {
    analysis.claims = claims;
    return lines_of(page(analysis, {.blocks = {{.figure = analysis.figures[0]}}}).sections[2])
        .at(0);
  };
  const Claim primary{.about = "A", .role = Role::primary, .p = 0.03};
  const Claim undefined{.about = "B", .p = Status::few_units};
  CHECK(decided({primary, undefined}) ==
        "Shown: the p-value is at most 0.05 for the primary claim. Not shown is no evidence of the "
        "contrary.");
  std::vector<Claim> runs = {primary, primary, undefined, {.about = "C", .p = 0.2}};
  correct_primaries(runs, "runs");
  CHECK_THAT(decided(runs), Contains("primary claim, after Holm's correction over the runs; for") &&
                                Contains("of the 1 of this report that have one, since"));
}

TEST_CASE("without warnings a page has no alerts", "[analysis]") {
  Analysis analysis = example();
  analysis.warnings.clear();
  CHECK(page(analysis, {.blocks = {{.figure = analysis.figures[0]}}}).alerts.empty());
}

TEST_CASE("every figure is in one section", "[analysis]") {
  Analysis analysis = example();
  const DrawnFigures drawn{.blocks = {{.figure = analysis.figures[0]}}};
  analysis.sections.push_back({.title = "Again", .figures = {analysis.figures[0].name}});
  CHECK_THROWS_WITH(page(analysis, drawn), Contains("is in two sections"));
  analysis.sections.back().figures = {"none"};
  CHECK_THROWS_WITH(page(analysis, drawn), Contains("found figure none named"));
  analysis.sections.clear();
  CHECK_THROWS_WITH(page(analysis, drawn), Contains("1 figures, of which the sections name 0"));
}

TEST_CASE("facts stand once where the sources agree, and per source where not", "[analysis]") {
  CHECK(facts(example()) == std::vector<Fact>{{"Program", "analyze-x " PHISCOPE_VERSION},
                                              {"Analysis", "resamples 7; seed 1"},
                                              {"Input of a", "2 prompts"},
                                              {"Input of b", "5 prompts"},
                                              {"Extracted by", "version 1, revision abc"},
                                              {"Model", "m, 2 layers"},
                                              {"Options of the extraction of a", "seed 3"},
                                              {"Options of the extraction of b", "seed 4"},
                                              {"Numerics", "dtype float32"}});
}

TEST_CASE("what no program of ours extracted has no version", "[analysis]") {
  Analysis analysis = example();
  analysis.sources = {{.label = "a", .about = "a plain array", .plan = nullptr}};
  CHECK(facts(analysis).size() == 3);
  CHECK(provenance_table(analysis).rows.size() == 3);
}

TEST_CASE("the provenance has program, options and plans, but not what is left out", "[analysis]") {
  const Table table = provenance_table(example());
  CHECK(table.columns == std::vector<std::string>{"run", "what", "value"});
  const auto row = [](const char* run, const char* what, const char* value) {
    return std::vector<Cell>{std::string(run), std::string(what), std::string(value)};
  };
  REQUIRE(table.rows.size() == 3 + 2 * 6);
  CHECK(table.rows[0] == row("analysis", "program", "analyze-x " PHISCOPE_VERSION));
  CHECK(table.rows[1] == row("analysis", "resamples", "7"));
  CHECK(table.rows[2] == row("analysis", "seed", "1"));
  CHECK(table.rows[3] == row("a", "version", "1"));
  CHECK(table.rows[5] == row("a", "options.seed", "3"));
  CHECK(table.rows[11] == row("b", "options.seed", "4"));
  for (const auto& cells : table.rows) CHECK(cells[1] != Cell(std::string("words")));
}

TEST_CASE("the summary tells sources, options, findings, warnings", "[analysis]") {
  CHECK(summary_text(example()) ==
        "a: 2 prompts\nb: 5 prompts\nAnalysis: resamples 7; seed 1\n\nFindings\n- First.\n"
        "- Second.\n\nWarnings\n- Few prompts.\n");
}

TEST_CASE("a table is found by its file", "[analysis]") {
  const Analysis analysis = example();
  CHECK(table_named(analysis.tables, "t.csv").about == "one row per x");
  CHECK_THROWS_WITH(table_named(analysis.tables, "u.csv"), Contains("no table u.csv"));
  CHECK(folded(analysis.tables[0], "caption").caption == "caption");
}

TEST_CASE("a partial run is told in the same words in page, summary, table and line of JSON",
          "[analysis]") {
  Analysis analysis = example();
  const std::string words = "2 of 5 shards are missing";
  CHECK(all_tables(analysis).size() == 1);
  analysis.sources[1].missing = words;
  CHECK(all_warnings(analysis) ==
        std::vector<std::string>{"b is a partial run: " + words + ".", "Few prompts."});
  const DrawnFigures drawn{.blocks = {{.figure = analysis.figures[0], .drawn = false}}};
  CHECK(page(analysis, drawn).alerts == all_warnings(analysis));
  CHECK_THAT(summary_text(analysis), Contains("Warnings\n- b is a partial run: " + words + ".\n"));
  const auto tables = all_tables(analysis);
  REQUIRE(tables.size() == 2);
  CHECK(tables[1].file == "partial.csv");
  CHECK(to_csv(tables[1].table) == "run,partial\nb," + words + "\n");
}
