// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "figure/plotly/bundle.hpp"
#include "loo/report.hpp"
#include "process.hpp"
#include "report/write.hpp"
#include "sanitized.hpp"
#include "synthetic_run.hpp"
#include "temp_dir.hpp"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>

using namespace phiscope::analyze::loo;
using phiscope::report::Pictures;
using phiscope::test::SyntheticRun;
using phiscope::test::TempDir;
using phiscope::test::tree;
using phiscope::test::write_synthetic_run;

namespace {

std::map<std::string, std::string> outputs(const std::vector<std::filesystem::path>& runs,
                                           const Options& options,
                                           Pictures pictures = Pictures::none) {
  const TempDir folder;
  const std::vector<phiscope::report::Part> parts = {
      {"", report_of(analyze_runs(runs, {}, options), options)}};
  (void)phiscope::report::write(parts, folder.path() / "a" / "b", pictures, options.threads);
  return tree(folder.path() / "a" / "b");
}

}  // namespace

TEST_CASE("one and several threads write the same bytes, pictures included", "[output]") {
  const TempDir folder;
  write_synthetic_run(folder.path() / "keep", {});
  write_synthetic_run(folder.path() / "drop", {.sink = "drop"});
  const std::vector<std::filesystem::path> runs = {folder.path() / "keep", folder.path() / "drop"};
  // gnuplot is not ours.
  const Pictures pictures = phiscope::test::sanitized ? Pictures::none : Pictures::svg_and_png;
  const auto one = outputs(runs, {.resamples = 50, .threads = 1}, pictures);
  CHECK(one.size() > 10);
  const auto more = outputs(runs, {.resamples = 50, .threads = 3}, pictures);
  REQUIRE(more.size() == one.size());
  for (const auto& [file, bytes] : one) {
    CAPTURE(file);
    CHECK(more.at(file) == bytes);
  }
}

TEST_CASE("results are strict JSON in the published layout", "[output]") {
  const TempDir folder;
  write_synthetic_run(folder.path() / "run", {});
  const auto files = outputs({folder.path() / "run"}, {.resamples = 50});
  for (const std::string name : {"results_semantic.json", "results_unrelated.json"}) {
    const std::string& text = files.at(name);
    const auto json = nlohmann::json::parse(text);
    CHECK_FALSE(std::regex_search(text, std::regex("NaN|Infinity|nan|inf[^l]")));
    CHECK(json["context_lengths"] == nlohmann::json({6, 10, 20}));
    CHECK(json["layers_tested"] == nlohmann::json({-1, 0, 1}));
    CHECK(json["n_trials"] == 3);
    std::int64_t undefined = 0;
    for (const char* layer : {"-1", "0", "1"}) {
      for (const char* n : {"6", "10", "20"}) {
        for (const char* type : {"bridge", "anchor", "all"}) {
          for (const char* metric : {"ratio_influence", "energy_influence", "cross_dist_influence",
                                     "within_dist_influence"}) {
            const auto& cell = json.at("by_layer_N").at(layer).at(n).at(type).at(metric);
            CHECK(cell.at("mean").is_null() == (cell.at("n_ok") == 0));
            CHECK(cell.at("mean").is_null() == cell.contains("reason"));
            std::int64_t missing = 0;
            if (cell.contains("undefined")) {
              for (const std::int64_t count : cell["undefined"]) missing += count;
            }
            CHECK(cell.at("n").get<std::int64_t>() ==
                  cell.at("n_ok").get<std::int64_t>() + missing);
            undefined += missing;
          }
        }
      }
    }
    CHECK(undefined > 0);  // N = 6 has contexts without cross pairs
  }
}

TEST_CASE("no table holds NaN, and what is missing is counted", "[output]") {
  const TempDir folder;
  write_synthetic_run(folder.path() / "run", {});
  const auto files = outputs({folder.path() / "run"}, {.resamples = 50});
  for (const auto& [file, text] : files) {
    if (!file.ends_with(".csv")) continue;
    CAPTURE(file);
    CHECK_FALSE(std::regex_search(text, std::regex("(^|,|\\n)-?(nan|inf)(,|\\n)")));
  }
  const auto runs = analyze_runs({folder.path() / "run"}, {}, {.resamples = 50});
  for (const Aggregate& cell : runs[0].influences) {
    std::int64_t missing = 0;
    for (const std::int64_t count : cell.undefined) missing += count;
    CHECK(cell.events == cell.defined + missing);
  }
}

TEST_CASE("several runs get a column and labels of their own", "[output]") {
  const TempDir folder;
  write_synthetic_run(folder.path() / "x" / "run", {});
  write_synthetic_run(folder.path() / "y" / "run", {.sink = "drop"});
  const auto files =
      outputs({folder.path() / "x" / "run", folder.path() / "y" / "run"}, {.resamples = 20});
  CHECK(files.at("loo.csv").starts_with("run,condition,n,layer,"));
  CHECK_THAT(files.at("loo.csv"), Contains("\nrun_2,semantic,"));
  CHECK(files.contains("results_run_semantic.json"));
  CHECK(files.contains("results_run_2_unrelated.json"));
  CHECK_THAT(files.at("summary.txt"), Contains("sink keep") && Contains("sink drop"));
  CHECK_THAT(files.at("summary.txt"),
             Contains("Findings\n- ") &&
                 Contains("Warnings\n- Few walks in run (sink keep): as few as 3 per"));
  CHECK_THAT(files.at("report.html"), Contains("run_2 (sink drop)"));
}

TEST_CASE("without gnuplot there are tables and a report that says so", "[output]") {
  const TempDir folder;
  write_synthetic_run(folder.path() / "run", {.lengths = {6}});
  const std::string before = std::getenv("PATH");
  setenv("PATH", folder.path().c_str(), 1);
  const auto runs = analyze_runs({folder.path() / "run"}, {}, {.resamples = 20});
  const std::vector<phiscope::report::Part> parts = {{"", report_of(runs, {.resamples = 20})}};
  const auto written = phiscope::report::write(parts, folder.path() / "out", Pictures::svg, 1);
  setenv("PATH", before.c_str(), 1);
  const bool is_interactive = !phiscope::figure::plotly_bundle().empty();
  REQUIRE(written.notes.size() == (is_interactive ? 1 : 2));
  CHECK_THAT(written.notes[0], Contains("gnuplot is not in PATH") && Contains("apt-get install"));
  CHECK(std::filesystem::exists(folder.path() / "out" / "loo.csv"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "out" / "heatmap_ratio_influence.svg"));
  const std::string page = phiscope::test::read_text(folder.path() / "out" / "report.html");
  CHECK_THAT(page, Contains("gnuplot is not in PATH"));
  if (is_interactive) {
    CHECK_THAT(page, Contains("data-plot-heatmap_ratio_influence") && !Contains("not drawn"));
  } else {
    CHECK_THAT(page, Contains("not drawn") && Contains("without Plotly's script"));
  }
}

TEST_CASE("a report tells what was analysed, what was found, what is undefined", "[output]") {
  const TempDir folder;
  write_synthetic_run(folder.path() / "keep", {});
  write_synthetic_run(folder.path() / "drop", {.sink = "drop"});
  const auto files =
      outputs({folder.path() / "keep", folder.path() / "drop"}, {.resamples = 20, .seed = 7});
  const std::string& page = files.at("report.html");
  CHECK(page.size() < 1000000);  // no figures, no script
  CHECK_THAT(page, Contains("No figures: they were switched off."));
  CHECK_THAT(page, Contains("bootstrap resamples 20; seed 7"));
  CHECK_THAT(page, Contains("<dt>Options of the extraction of keep</dt>") &&
                       Contains("<dt>Options of the extraction of drop</dt>"));
  CHECK(page.find("<p class=\"lead\">") < page.find("<ul class=\"alerts\""));
  CHECK(page.find("<ul class=\"alerts\"") < page.find("<h2>Findings"));
  CHECK(page.find("<h2>Findings") < page.find("<dl class=\"facts\">"));
  CHECK(page.find("<h2>Findings") < page.find("<h2>Diagnostics"));
  CHECK(page.find("<h2>Diagnostics") < page.find("Undefined in keep (sink keep): "));

  // The counts of the sentence are those of the table.
  std::smatch found;
  const std::regex sentence("Undefined in drop \\(sink drop\\): ([0-9]+) of ([0-9]+) ratio");
  REQUIRE(std::regex_search(page, found, sentence));
  const auto runs = analyze_runs({folder.path() / "drop"}, {}, {.resamples = 20});
  std::int64_t all = 0;
  std::int64_t undefined = 0;
  for (std::size_t condition = 0; condition < 2; ++condition) {
    for (std::size_t length = 0; length < runs[0].lengths.size(); ++length) {
      for (std::size_t layer = 0; layer < 3; ++layer) {
        const Aggregate& cell = runs[0].influence_at(condition, length, layer, PositionType::all,
                                                     Pairs::own, Scale::absolute, Metric::ratio);
        all += cell.events;
        undefined += cell.events - cell.defined;
      }
    }
  }
  CHECK(undefined > 0);
  CHECK(found[1] == std::to_string(undefined));
  CHECK(found[2] == std::to_string(all));
}

TEST_CASE("layers without the embedding have no relative numbers", "[output]") {
  const TempDir folder;
  write_synthetic_run(folder.path() / "run", {.lengths = {6}, .layers = {0, 1}});
  const auto files = outputs({folder.path() / "run"}, {.resamples = 20});
  CHECK_THAT(files.at("loo.csv"), !Contains("relative_to_embedding"));
  CHECK_THAT(files.at("levels.csv"), Contains("absolute"));
}

TEST_CASE("position 0 leaves its mark when kept and none when dropped", "[output]") {
  const TempDir folder;
  const SyntheticRun large{.lengths = {6, 10, 20}, .trials = 4, .units = 32};
  SyntheticRun dropped = large;
  dropped.sink = "drop";
  write_synthetic_run(folder.path() / "keep", large);
  write_synthetic_run(folder.path() / "drop", dropped);
  const auto runs =
      analyze_runs({folder.path() / "keep", folder.path() / "drop"}, {}, {.resamples = 20});
  const std::size_t last = 2;
  for (std::size_t condition = 0; condition < 2; ++condition) {
    CHECK(runs[0].position_zero[condition * 3 + last].explained.value() > 0.95);
    CHECK(runs[0].position_zero[condition * 3 + last].scale.value() > 5.0);
    CHECK(runs[1].position_zero[condition * 3 + last].explained.value() < 0.9);
  }
}
