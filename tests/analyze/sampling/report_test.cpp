// SPDX-License-Identifier: MIT
#include "sampling/report.hpp"

#include "catch.hpp"
#include "synthetic_study.hpp"

#include <algorithm>

namespace phiscope::analyze::sampling::report_test {

TEST_CASE("a report has sections for its steps, and a page can be made of it", "[report]") {
  const auto& studies = test::plain_study();
  const report::Analysis analysis = report_of(studies, {.clusters = 3});
  std::vector<std::string> titles;
  for (const auto& section : analysis.sections) titles.push_back(section.title);
  CHECK(titles == std::vector<std::string>{"Variance", "Distance to the oracle", "Branches",
                                           "Attribution", "Clusters", "Diagnostics", "Numbers"});
  CHECK(analysis.figures.size() == 3 + 3 + 1 + 1 + 1);
  CHECK(analysis.sources.size() == 5);
  CHECK(analysis.sources[0].label == "OUT/variance");
  CHECK(analysis.sources[0].about == "6 problems, 0 dropped, 3 layers");
  CHECK(analysis.claims.size() == 3);
  const auto option = [&](const std::string& name) {
    return std::find_if(analysis.options.begin(), analysis.options.end(),
                        [&](const auto& fact) { return fact.first == name; })
        ->second;
  };
  CHECK(option("grader") == "boxed");
  CHECK(option("clusters") == "3");
  CHECK(option("norm") == "frozen");
  CHECK_NOTHROW(page(analysis, report::draw_figures(analysis.figures, report::Pictures::none, 1)));
}

TEST_CASE("figures of several folders have names of their own", "[report]") {
  auto studies = test::analyzed_study();
  auto more = test::analyzed_study();
  studies.push_back(std::move(more[0]));
  studies[1].label = "OUT_2";
  const report::Analysis analysis = report_of(studies, {});
  std::vector<std::string> names;
  for (const auto& figure : analysis.figures) names.push_back(figure.name);
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
  CHECK_NOTHROW(page(analysis, report::draw_figures(analysis.figures, report::Pictures::none, 1)));
}

}  // namespace phiscope::analyze::sampling::report_test
