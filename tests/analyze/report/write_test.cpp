// SPDX-License-Identifier: MIT
#include "report/write.hpp"

#include "analyze/figure/example_figure.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "shard/npy/npy.hpp"
#include "temp_dir.hpp"

using namespace phiscope;
using namespace phiscope::report;
using phiscope::test::TempDir;

namespace {

Analysis example(const std::string& finding, std::span<const double> values) {
  Analysis analysis{.program = "analyze-x", .title = "Title"};
  analysis.sources = {{.label = "a", .about = "2 prompts", .plan = nullptr}};
  analysis.warnings = {"A warning."};
  analysis.findings = {finding};
  analysis.tables = {{"t.csv", "one row per x", {{"x"}, {{1.5}}}}};
  analysis.figures = {test::example_curves()};
  analysis.sections = {{.title = "Pictures", .figures = {analysis.figures[0].name}}};
  analysis.files = {{"more.json", "{}\n"}};
  analysis.arrays = {{"x.npy", "[2]", values, {2}}};
  return analysis;
}

}  // namespace

TEST_CASE("parts are written into their folders, numbers first, pages last", "[write]") {
  const std::vector<double> values = {1.0, 2.5};
  const TempDir folder;
  const std::vector<Part> parts = {{"one", example("Found one.", values)},
                                   {"", example("Found both.", values)}};
  const Written written = write(parts, folder.path() / "out", Pictures::none, 1);
  CHECK(written.files ==
        std::vector<std::string>{"one/t.csv", "one/tables.json", "one/more.json", "one/summary.txt",
                                 "one/x.npy", "t.csv", "tables.json", "more.json", "summary.txt",
                                 "x.npy", "one/report.html", "report.html", "files.json"});
  CHECK(written.findings == std::vector<std::string>{"Found both."});
  CHECK(written.warnings == std::vector<std::string>{"A warning."});
  CHECK(written.key_figure.empty());  // not drawn
  REQUIRE(written.notes.size() == 1);
  CHECK_THAT(written.notes[0], Contains("switched off"));
  for (const std::string& file : written.files) {
    CHECK(std::filesystem::exists(folder.path() / "out" / file));
  }
  CHECK_THAT(test::read_text(folder.path() / "out" / "one" / "report.html"),
             Contains("Found one.") && !Contains("Found both."));
  CHECK(test::read_text(folder.path() / "out" / "t.csv") == "x\n1.5\n");
  CHECK_THAT(test::read_text(folder.path() / "out" / "x.npy"), Contains("'shape': (2,)"));
}

TEST_CASE("pictures are those that the options ask for", "[write][needs_gnuplot]") {
  const std::vector<double> values(2);
  const std::vector<Part> parts = {{"", example("Found.", values)}};
  const std::string name = parts[0].analysis.figures[0].name;
  for (const auto& [no_figures, png] : {std::pair(true, false), {false, false}, {false, true}}) {
    CAPTURE(no_figures, png);
    const TempDir folder;
    program::CommonOptions options;
    options.out = folder.path() / "out";
    options.no_figures = no_figures;
    options.png = png;
    CHECK_NOTHROW(prepare(options));
    (void)write_and_tell(parts, options);
    CHECK(std::filesystem::exists(options.out / (name + ".svg")) == !no_figures);
    CHECK(std::filesystem::exists(options.out / (name + ".png")) == png);
  }
  program::CommonOptions both;
  both.no_figures = true;
  both.png = true;
  CHECK_THROWS_WITH(prepare(both), "--png: found --no-figures beside it, expected one of them");
}

TEST_CASE("nothing is written when a text cannot be made", "[write]") {
  const TempDir folder;
  const std::vector<double> numbers(2);  // a part borrows them
  std::vector<Part> parts = {{"", example("Found.", numbers)}};
  parts[0].analysis.sections.clear();  // its figure is in no section
  CHECK_THROWS_AS(write(parts, folder.path() / "out", Pictures::none, 1), std::invalid_argument);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
}

TEST_CASE("the line of JSON has directory, report, files, findings, warnings", "[write]") {
  CHECK(result_line({.files = {"t.csv"},
                     .findings = {"F"},
                     .warnings = {"W"},
                     .key_figure = "k.svg",
                     .notes = {"N"}},
                    "out") ==
        R"({"out":"out","report":"out/report.html","files":["t.csv"],"key_figure":"k.svg",)"
        R"("claims":[],"findings":["F"],)"
        R"("warnings":["W"]})");
  const std::vector<Claim> claims = {{.about = "B", .p = 0.25, .least_p = 0.001},
                                     {.about = "A", .role = Role::primary, .p = 0.03},
                                     {.about = "C", .p = phiscope::Status::few_units}};
  const Written written{.claims = judge(claims)};
  CHECK(result_line(written, "out") ==
        R"({"out":"out","report":"out/report.html","files":[],"key_figure":"","claims":[)"
        R"({"claim":"A","role":"primary","verdict":"shown","p_value":0.03,"p_corrected":0.03,)"
        R"("least_p":0.0},)"
        R"({"claim":"B","role":"exploratory","verdict":"not_shown","p_value":0.25,)"
        R"("p_corrected":0.25,"least_p":0.001},)"
        R"({"claim":"C","role":"exploratory","verdict":"cannot_be_shown","p_value":null,)"
        R"("p_corrected":null,"least_p":0.0}],"findings":[],"warnings":[]})");
}
