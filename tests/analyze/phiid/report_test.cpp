// SPDX-License-Identifier: MIT
// What a report of phiid holds besides its findings: facts, provenance, tables.
#include "phiid/report.hpp"

#include "analyze/page_sections.hpp"
#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "made_up_phiid.hpp"
#include "phiid/claims.hpp"
#include "phiid/figures.hpp"
#include "phiid/findings.hpp"
#include "phiid/tables.hpp"

namespace phiscope::analyze::phiid::report_test {

using test::block_table;
using test::figures_of;
using test::lines_of;
using test::made_up_phiid_run;
using test::page_of;
using test::table_of;
using test::TableRows;
using test::titles;
using Json = nlohmann::ordered_json;

namespace {

const std::string program = "analyze-phiid " PHISCOPE_VERSION;
const std::string other_options =
    "; bootstrap resamples 123; surrogates 19 (random phases); seed 45; most pairs 50";

/// The method as a part of a sentence.
std::string method(const Options& options) {
  const std::string text = method_text(options);
  return text.substr(0, text.size() - 1);
}

Options some_options() {
  Options options;
  options.seed = 45;
  options.resamples = 123;
  options.surrogates = 19;
  options.surrogate_kind = SurrogateKind::phase;
  options.max_pairs = 50;
  return options;
}

std::vector<std::string> sentences(const std::vector<report::Claim>& claims) {
  std::vector<std::string> lines;
  for (const report::Judged& one : report::judge(claims)) lines.push_back(report::sentence(one));
  return lines;
}

Json plan(int seed) {
  return {{"version", "1.2"},
          {"revision", "abc"},
          {"options", {{"seed", seed}}},
          {"model", {{"name", "small"}, {"layers", 3}}}};
}

}  // namespace

TEST_CASE("a report has facts, warnings, findings, tables and provenance", "[report]") {
  RunResult run = made_up_phiid_run("name", {0, 2, 5}, 8, 0.0);
  run.input.details = plan(3);
  run.warnings = {"first", "second"};
  const Options options = some_options();
  const auto all = tables(run, options);
  const auto made = page_of(report_of(run, options));
  CHECK(made.title == "Synergy and redundancy of attention heads");
  CHECK(made.subtitle == "name");
  CHECK(made.facts == std::vector<std::pair<std::string, std::string>>{
                          {"Program", program},
                          {"Analysis", "method " + method(options) + other_options},
                          {"Input", "12 prompts, 3 layers of 8 heads"},
                          {"Extracted by", "version 1.2, revision abc"},
                          {"Model", "small, 3 layers"},
                          {"Options of the extraction", "seed 3"}});
  CHECK(titles(made) == std::vector<std::string>{"Findings", "Figures", "Numbers", "Definitions",
                                                 "Tables", "Provenance"});
  CHECK(test::warnings_of(made) == std::vector<std::string>{"first", "second"});
  std::vector<std::string> told = sentences(claims(run));
  for (const auto& line : findings(run, options)) told.push_back(line);
  CHECK(test::told_of(made) == told);
  auto defined = lines_of(made, "Definitions");
  defined.pop_back();  // what is shown, by the report
  CHECK(defined == definitions(run, options));
  CHECK(made.key->figure.name == figures(run, options).front().name);
  CHECK(figures_of(made, "Figures").size() + 1 == figures(run, options).size());
  for (const char* file : {"profile.csv", "correlations.csv", "graph.csv", "diagnostics.csv"}) {
    CHECK(to_csv(block_table(made, "Numbers", file)) == to_csv(table_of(all, file)));
  }
  const TableRows rows(block_table(made, "Provenance", "provenance.csv"), {"run", "what"});
  CHECK(rows.size() == 6 + 5);
  CHECK(rows.text({"analysis", "program"}, "value") == program);
  CHECK(rows.text({"analysis", "method"}, "value") == method(options));
  CHECK(rows.text({"analysis", "bootstrap resamples"}, "value") == "123");
  CHECK(rows.text({"analysis", "surrogates"}, "value") == "19 (random phases)");
  CHECK(rows.text({"analysis", "seed"}, "value") == "45");
  CHECK(rows.text({"analysis", "most pairs"}, "value") == "50");
  CHECK(rows.text({"name", "options.seed"}, "value") == "3");
  CHECK(rows.text({"name", "revision"}, "value") == "abc");
  CHECK(rows.text({"name", "model.name"}, "value") == "small");
}

TEST_CASE("what a run has one of is told in the singular", "[report]") {
  RunResult run = made_up_phiid_run("name", {7}, 4, 0.0);
  run.input.prompts.resize(1);
  CHECK(report_of(run, {}).sources.front().about == "a plain array, 1 prompt, 1 layer of 4 heads");
}

TEST_CASE("the first heads are the twenty that the balance score puts first", "[report]") {
  RunResult run = made_up_phiid_run("name", {0, 2, 5}, 8, 0.0);
  auto& balance = run.scores.score[static_cast<std::size_t>(Ranking::balance)];
  for (std::size_t head = 0; head < 24; ++head) {
    balance[head] = static_cast<double>(head * 7 % 24) / 24.0;
  }
  const auto made = page_of(report_of(run, {}));
  const Table& first = block_table(made, "Numbers", "first_heads.csv");
  REQUIRE(first.rows.size() == 20);
  for (std::size_t k = 0; k < 20; ++k) {
    std::size_t head = 0;
    while (head * 7 % 24 != 23 - k) ++head;
    CHECK(first.rows[k][1] == Cell(run.input.layers[head / 8]));
    CHECK(first.rows[k][2] == Cell(static_cast<std::int64_t>(head % 8)));
  }
  CHECK(test::warnings_of(made).empty());
}

TEST_CASE("the page of several runs has the findings and warnings of each", "[report]") {
  std::vector<RunResult> runs = {made_up_phiid_run("one", {0, 2, 5}, 4, 0.0),
                                 made_up_phiid_run("two", {1, 3, 4, 8}, 3, 1000.0)};
  runs[0].input.details = plan(3);
  runs[1].warnings = {"of the second"};
  for (RunResult& run : runs) run.shapes.least_p = 0.001;
  runs[0].shapes.numbers[0].p_inverted_u = 0.03;
  runs[1].shapes.numbers[0].p_inverted_u = 0.04;
  const auto parts = parts_of(runs, {});
  REQUIRE(parts.size() == 3);
  CHECK(parts[0].folder == "one");
  CHECK(parts[1].folder == "two");
  CHECK(parts[2].folder.empty());
  CHECK(parts_of({runs[0]}, {}).front().folder.empty());
  const auto profiles = profile_table(runs, true);
  const auto made = page_of(parts[2].analysis);
  CHECK(made.subtitle == "one \u00b7 two");
  CHECK(titles(made) == std::vector<std::string>{"Findings", "Profiles", "Reports of the runs",
                                                 "Definitions", "Tables", "Provenance"});
  using Fact = std::pair<std::string, std::string>;
  REQUIRE(made.facts.size() >= 6);
  CHECK(made.facts[2] == Fact("Input of one", "12 prompts, 3 layers of 4 heads"));
  CHECK(made.facts[3] == Fact("Input of two", "a plain array, 12 prompts, 4 layers of 3 heads"));
  CHECK(made.facts[4] == Fact("Extracted by of one", "version 1.2, revision abc"));
  std::vector<report::Claim> all;
  for (const RunResult& run : runs) {
    for (report::Claim& claim : claims(run)) {
      claim.about = run.input.label + ": " + claim.about;
      all.push_back(claim);
    }
  }
  // Holm: twice the smaller of the two primary p-values, and no less for the other.
  for (report::Claim& claim : all) {
    if (claim.role == report::Role::exploratory) continue;
    claim.p_over_runs = 0.06;
    claim.least_p = 0.002;
    claim.design += ", 2 runs";
  }
  std::vector<std::string> expected = sentences(all);
  for (const RunResult& run : runs) {
    for (const auto& line : findings(run, {})) expected.push_back(run.input.label + ": " + line);
  }
  CHECK(test::told_of(made) == expected);
  CHECK(test::warnings_of(made) == std::vector<std::string>{"two: of the second"});
  CHECK(std::get<report::Downloads>(test::section_of(made, "Reports of the runs").blocks.front())
            .files.at(1)
            .first == "two/report.html");
  CHECK(to_csv(block_table(made, "Profiles", "profiles.csv")) == to_csv(profiles.table));
}

}  // namespace phiscope::analyze::phiid::report_test
