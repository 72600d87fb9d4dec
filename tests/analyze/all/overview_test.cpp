// SPDX-License-Identifier: MIT
#include "all/overview.hpp"

#include "catch.hpp"

using phiscope::analyze::all::overview_page;
using phiscope::analyze::all::Summary;
using phiscope::analyze::all::summary_of;

namespace {

const std::string line = R"({"out": "o", "report": "o/report.html",
 "files": ["a.csv", "first.svg", "first.png", "second.svg"], "key_figure": "second.svg",
 "claims": [
  {"claim": "heads differ", "role": "primary", "verdict": "not_shown", "p_value": 0.5},
  {"claim": "layers differ", "role": "exploratory", "verdict": "shown", "p_value": 0.01},
  {"claim": "more heads matter", "role": "unnamed", "verdict": "shown", "p_value": 0.01}],
 "findings": ["Primary: heads differ: not shown (p = 0.5).", "Exploratory: layers differ: shown."],
 "warnings": ["Few <prompts>."]})";

}  // namespace

TEST_CASE("a summary has the claims that a run was to decide, in their sentences", "[overview]") {
  const Summary summary = summary_of(line);
  REQUIRE(summary.leads.size() == 2);
  CHECK(summary.leads[0].verdict == "not_shown");
  CHECK(summary.leads[0].text == "Primary: heads differ: not shown (p = 0.5).");
  CHECK(summary.leads[1].text == "more heads matter");
  CHECK(summary.warnings == std::vector<std::string>{"Few <prompts>."});
  CHECK(summary.picture == "second.svg");
  CHECK_THROWS_WITH(summary_of("{}"), Contains("standard output of an analysis: findings"));
  CHECK_THROWS_WITH(summary_of("not JSON"), Contains("standard output of an analysis: "));
}

TEST_CASE("the page has leads, warnings and picture of each, and what failed", "[overview]") {
  Summary summary = summary_of(line);
  summary.title = "Heads & layers";
  summary.folder = "phiid";
  summary.runs = "a \u00b7 b";
  const Summary failed{.title = "Loo",
                       .folder = "loo",
                       .runs = "c",
                       .leads = {},
                       .warnings = {},
                       .picture = {},
                       .failure = "analyze-loo ended with status 1"};
  const std::string page = overview_page({summary, failed});
  CHECK_THAT(page, Contains("<a href=\"phiid/report.html\">Heads &amp; layers</a>"));
  CHECK_THAT(page, Contains("<strong class=\"verdict not_shown\">not shown</strong> Primary: heads "
                            "differ: not shown (p = 0.5)."));
  CHECK_THAT(page, Contains("Few &lt;prompts&gt;."));
  CHECK_THAT(page, Contains("src=\"phiid/second.svg\""));
  CHECK_THAT(page, Contains("No report: analyze-loo ended with status 1"));
  CHECK_THAT(page, !Contains("loo/report.html") && !Contains("<script"));
}
