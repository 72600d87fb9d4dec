// SPDX-License-Identifier: MIT
#include "patching/report.hpp"

#include "analyze/page_sections.hpp"
#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "made_up_patching.hpp"
#include "patching/claims.hpp"
#include "patching/definitions.hpp"
#include "patching/figures.hpp"
#include "patching/findings.hpp"

namespace phiscope::analyze::patching::report_test {

using test::analyzed_patching;
using test::figures_of;
using test::page_of;
using test::titles;

namespace {

const Options how = {.resamples = 20, .sign_flips = 77, .seed = 5, .threads = 1};

std::vector<Result> two_runs() {
  return {analyzed_patching(test::first_patching(), "clean"),
          analyzed_patching(test::second_patching(), "noise")};
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the page begins with the map of the primary claim's measure", "[report]") {
  auto results = two_runs();
  const auto begins_with = [&](std::optional<std::string> primary) {
    results.front().data.primary = std::move(primary);
    return report_of(results, how).key_figure;
  };
  CHECK(begins_with("recovery") == "heatmap_recovery");
  CHECK(begins_with("answer_diff:layer") == "heatmap_answer_diff_change");
  CHECK(begins_with(std::nullopt) == "heatmap_recovery");
}

TEST_CASE("the report has diagnostics first, then maps, comparisons, curves, numbers", "[report]") {
  const auto results = two_runs();
  const report::Analysis analysis = report_of(results, how);
  const report::Page page = page_of(analysis);
  const Names all = titles(page);
  std::vector<std::size_t> places;
  for (const char* title : {"Diagnostics", "Maps of layer and step", "By difficulty",
                            "Runs compared", "Curves over the layers", "Numbers"}) {
    const auto found = std::find(all.begin(), all.end(), title);
    REQUIRE(found != all.end());
    places.push_back(static_cast<std::size_t>(found - all.begin()));
  }
  CHECK(std::is_sorted(places.begin(), places.end()));
  CHECK(test::lines_of(page, "Diagnostics") == diagnostic_lines(results));
  for (const std::string& name : figures_of(page, "Maps of layer and step")) {
    CHECK(name.starts_with("heatmap_"));
  }
  // One place for the maps of all measures, and one for their curves.
  for (const figure::Figure& figure : analysis.figures) {
    const std::size_t end = figure.name.find('_');
    CHECK(figure.tabs == figure.name.substr(0, end));
    CHECK(figure.tab == figure.name.substr(end + 1));
  }
  for (const std::string& name : figures_of(page, "By difficulty")) {
    CHECK(name.starts_with("difficulty_"));
  }
  CHECK(figures_of(page, "Runs compared").size() == compared.size());
  CHECK(figures_of(page, "Curves over the layers").size() == layer_curves(results).size());
  CHECK(test::block_table(page, "Diagnostics", "dropped.csv").rows.size() == 6);
  CHECK(test::block_table(page, "Diagnostics", "checks.csv").rows.size() == 14);
  CHECK(test::block_table(page, "Diagnostics", "baselines.csv").rows.size() == 11);
  CHECK_FALSE(test::block_table(page, "Numbers", "comparisons.csv").rows.empty());
}

TEST_CASE("the report says what was read and how it was analysed", "[report]") {
  const auto results = two_runs();
  const report::Analysis analysis = report_of(results, how);
  CHECK(analysis.program == "analyze-patching");
  CHECK(analysis.options == std::vector<report::Fact>{{"bootstrap resamples", "20"},
                                                      {"sign flips", "77"},
                                                      {"seed", "5"}});
  REQUIRE(analysis.sources.size() == 2);
  CHECK(analysis.sources[0].label == "clean");
  CHECK(analysis.sources[0].about ==
        "6 pairs, 2 layers, 3 positions, mode rerun, frozen, sets single, layer, donor clean");
  CHECK(analysis.sources[1].about ==
        "5 pairs, 2 layers, 3 positions, mode rerun, sets prefix, single, donor noise:1");
  CHECK(analysis.sources[1].plan["options"]["donor"] == "noise:1");
  CHECK(analysis.left_out == "pairs");
  CHECK(analysis.warnings == warnings(results));
  CHECK(analysis.findings == findings(results));
  CHECK(analysis.definitions == definitions());
  const auto expected = claims(results, compare(results, how));
  REQUIRE(analysis.claims.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(analysis.claims[i].about == expected[i].about);
    CHECK(analysis.claims[i].p == expected[i].p);
  }
  CHECK(analysis.files.back().name == "patching_statistics.json");
}

TEST_CASE("a run of one mode and no difficulty has neither comparison nor panels", "[report]") {
  test::SyntheticPatching options;
  for (auto& pair : options.pairs) pair.steps.reset();
  const Names all = titles(page_of(report_of({analyzed_patching(options, "run")}, how)));
  CHECK(std::find(all.begin(), all.end(), "By difficulty") == all.end());
  CHECK(std::find(all.begin(), all.end(), "Runs compared") == all.end());
}

}  // namespace phiscope::analyze::patching::report_test
