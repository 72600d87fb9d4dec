// SPDX-License-Identifier: MIT
#include "steps/report.hpp"

#include "analyze/page_sections.hpp"
#include "catch.hpp"
#include "made_up_steps.hpp"
#include "steps/claims.hpp"
#include "steps/definitions.hpp"
#include "steps/figures.hpp"
#include "steps/findings.hpp"
#include "steps/published.hpp"

#include <algorithm>

namespace phiscope::analyze::steps::report_test {

using test::analyzed_steps;
using test::figures_of;
using test::page_of;
using test::titles;
using Names = std::vector<std::string>;

namespace {

std::vector<Result> two_runs() {
  test::SyntheticSteps first = test::first_steps();
  // Enough right answers of stratum 2 for a map.
  for (int i = 0; i < 6; ++i) {
    first.problems.push_back({"c" + std::to_string(i), "8", 2, 2, {1}});
  }
  return {analyzed_steps(first, "zero"), analyzed_steps(test::second_steps(), "mean")};
}

Names names_of(const std::vector<figure::Figure>& figures) {
  Names names;
  for (const auto& figure : figures) names.push_back(figure.name);
  return names;
}

}  // namespace

TEST_CASE("the page has figures first, then diagnostics and numbers", "[report]") {
  const auto results = two_runs();
  const report::Page page = page_of(report_of(results, test::quick_steps()));
  const Names all = titles(page);
  std::vector<std::size_t> places;
  for (const char* title : {"Findings", "Over the steps", "By difficulty", "Over the layers",
                            "Diagnostics", "Numbers"}) {
    const auto found = std::find(all.begin(), all.end(), title);
    REQUIRE(found != all.end());
    places.push_back(static_cast<std::size_t>(found - all.begin()));
  }
  CHECK(std::is_sorted(places.begin(), places.end()));
  CHECK(test::lines_of(page, "Diagnostics") == diagnostic_lines(results, test::quick_steps()));
  REQUIRE(names_of(early_exit_curves(results)).size() == 1);
  CHECK(page.key->figure.name == names_of(early_exit_curves(results)).front());
  CHECK(figures_of(page, "Over the steps") == names_of(step_curves(results)));
  CHECK(figures_of(page, "By difficulty") == Names{"strata_importance"});
  CHECK(figures_of(page, "Over the layers") == Names{"layers_importance"});
  CHECK(test::block_table(page, "Diagnostics", "strata.csv").rows.size() == 6);
  CHECK(test::block_table(page, "Diagnostics", "dropped.csv").rows.size() == 3);
  CHECK_FALSE(test::block_table(page, "Numbers", "tests.csv").rows.empty());
  const Names files = test::listed_files(page);
  CHECK(std::find(files.begin(), files.end(), "steps.csv") != files.end());
}

TEST_CASE("the report says what was read and how it was analysed", "[report]") {
  const auto results = two_runs();
  Options how = test::quick_steps();
  how.grader = Grader::published;
  how.published_scores = true;
  const report::Analysis analysis = report_of(results, how);
  CHECK(analysis.program == "analyze-steps");
  CHECK(analysis.left_out == "problems");
  CHECK(analysis.options == std::vector<report::Fact>{{"grader", "published"},
                                                      {"published scores", "yes"},
                                                      {"bootstrap resamples", "20"},
                                                      {"permutations", "99"},
                                                      {"seed", "1"}});
  REQUIRE(analysis.sources.size() == 2);
  CHECK(analysis.sources[0].label == "zero");
  CHECK(analysis.sources[0].about ==
        "14 problems, layers 1, 3, 4 latents, sets cumulative, single, leave-one, all, early-exit, "
        "donor zero");
  CHECK(analysis.sources[1].about ==
        "7 problems, layer 2, 4 latents, sets single, cumulative, donor mean");
  CHECK(analysis.sources[1].plan["donor"] == "mean");
  CHECK(analysis.warnings == warnings(results));
  CHECK(analysis.findings == findings(results));
  CHECK(analysis.definitions == definitions(how));
  const auto expected = claims(results);
  REQUIRE(analysis.claims.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(analysis.claims[i].about == expected[i].about);
    CHECK(analysis.claims[i].p == expected[i].p);
  }
  const auto files = published_files(results, Scores::both_ways);
  REQUIRE(analysis.files.size() == files.size());
  for (std::size_t i = 0; i < files.size(); ++i) CHECK(analysis.files[i].bytes == files[i].bytes);
}

TEST_CASE("runs that were pooled are sources of their own", "[report]") {
  const test::TempDir folder;
  test::SyntheticSteps more;
  more.problems = {{"b1", "3", 2, 2, {1, 2}}};
  more.published = true;
  test::SyntheticSteps first;
  first.published = true;
  write_synthetic_steps(folder.path() / "one", first);
  write_synthetic_steps(folder.path() / "two", more);
  const auto results =
      analyze_runs({folder.path() / "one", folder.path() / "two"}, {}, test::quick_steps());
  const report::Analysis analysis = report_of(results, test::quick_steps());
  REQUIRE(analysis.sources.size() == 2);
  CHECK(analysis.sources[0].label == "one");
  CHECK_THAT(analysis.sources[0].about,
             Contains("8 problems, layer 2") && Contains("published, pooled as one+two"));
  CHECK_THAT(analysis.sources[1].about, Contains("1 problems, layer 2"));
  const Names all = titles(page_of(analysis));
  CHECK(std::find(all.begin(), all.end(), "Over the layers") == all.end());
}

}  // namespace phiscope::analyze::steps::report_test
