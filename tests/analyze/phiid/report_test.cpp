// SPDX-License-Identifier: MIT
// What a report of phiid holds besides its findings: facts, provenance, tables.
#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "made_up_phiid.hpp"
#include "phiid/figures.hpp"
#include "phiid/findings.hpp"
#include "phiid/tables.hpp"

namespace phiscope::analyze::phiid::report_test {

using test::made_up_phiid_run;
using test::table_of;
using test::TableRows;
using Json = nlohmann::ordered_json;

namespace {

const std::string program = "analyze-phiid " PHISCOPE_VERSION;
const std::string options_sentence =
    " Seed 45; 123 resamples; 19 surrogates (random phases); at "
    "most 50 pairs.";

Options some_options() {
  Options options;
  options.seed = 45;
  options.resamples = 123;
  options.surrogates = 19;
  options.surrogate_kind = SurrogateKind::phase;
  options.max_pairs = 50;
  return options;
}

Json plan(int seed) {
  return {{"version", "1.2"},
          {"revision", "abc"},
          {"options", {{"seed", seed}}},
          {"model", {{"name", "small"}, {"layers", 3}}}};
}

const figure::Section& section_of(const figure::Report& report, const std::string& title) {
  for (const auto& section : report.sections) {
    if (section.title == title) return section;
  }
  throw std::runtime_error("no section " + title);
}

std::vector<std::string> titles(const figure::Report& report) {
  std::vector<std::string> all;
  for (const auto& section : report.sections) all.push_back(section.title);
  return all;
}

const Table& block_table(const figure::Section& section, const std::string& file) {
  for (const auto& block : section.blocks) {
    const auto* table = std::get_if<figure::TableBlock>(&block);
    if (table != nullptr && table->file == file) return table->table;
  }
  throw std::runtime_error("no table " + file);
}

const std::vector<std::string>& lines_of(const figure::Section& section, std::size_t block = 0) {
  return std::get<figure::Points>(section.blocks.at(block)).lines;
}

}  // namespace

TEST_CASE("a report has facts, warnings, findings, tables and provenance", "[report]") {
  RunResult run = made_up_phiid_run("name", {0, 2, 5}, 8, 0.0);
  run.input.details = plan(3);
  run.warnings = {"first", "second"};
  const Options options = some_options();
  const auto all = tables(run, options);
  const auto made = report(run, options, all, {}, {"a note"});
  CHECK(made.title == "Synergy and redundancy of attention heads");
  CHECK(made.subtitle == "name");
  CHECK(made.facts == std::vector<std::pair<std::string, std::string>>{
                          {"Program", program},
                          {"Analysis", method_text(options) + options_sentence},
                          {"Series", "12 prompts, 3 layers of 8 heads"},
                          {"Extracted by", "version 1.2, revision abc"},
                          {"Model", "small, 3 layers"},
                          {"Options of the extraction", "seed 3"}});
  CHECK(titles(made) ==
        std::vector<std::string>{"Warnings", "Findings", "Figures", "Tables", "Provenance"});
  CHECK(lines_of(section_of(made, "Warnings")) == std::vector<std::string>{"first", "second"});
  CHECK(lines_of(section_of(made, "Findings")) == findings(run, options));
  CHECK(std::get<figure::Paragraph>(section_of(made, "Figures").blocks.at(0)).text == "a note");
  for (const char* file : {"profile.csv", "correlations.csv", "graph.csv", "diagnostics.csv"}) {
    CHECK(to_csv(block_table(section_of(made, "Tables"), file)) == to_csv(table_of(all, file)));
  }
  const TableRows rows(block_table(section_of(made, "Provenance"), "provenance.csv"),
                       {"run", "what"});
  CHECK(rows.size() == 2 + 5);
  CHECK(rows.text({"analysis", "program"}, "value") == program);
  CHECK(rows.text({"analysis", "options"}, "value") == method_text(options) + options_sentence);
  CHECK(rows.text({"name", "options.seed"}, "value") == "3");
  CHECK(rows.text({"name", "revision"}, "value") == "abc");
  CHECK(rows.text({"name", "model.name"}, "value") == "small");
}

TEST_CASE("the first heads are the twenty that the balance score puts first", "[report]") {
  RunResult run = made_up_phiid_run("name", {0, 2, 5}, 8, 0.0);
  auto& balance = run.scores.score[static_cast<std::size_t>(Ranking::balance)];
  for (std::size_t head = 0; head < 24; ++head) {
    balance[head] = static_cast<double>(head * 7 % 24) / 24.0;
  }
  const auto made = report(run, {}, tables(run, {}), {}, {});
  const Table& first = block_table(section_of(made, "Tables"), "first_heads.csv");
  REQUIRE(first.rows.size() == 20);
  for (std::size_t k = 0; k < 20; ++k) {
    std::size_t head = 0;
    while (head * 7 % 24 != 23 - k) ++head;
    CHECK(first.rows[k][1] == Cell(run.input.layers[head / 8]));
    CHECK(first.rows[k][2] == Cell(static_cast<std::int64_t>(head % 8)));
  }
  CHECK(lines_of(section_of(made, "Warnings")) == std::vector<std::string>{"None."});
}

TEST_CASE("the page of several runs has the findings and warnings of each", "[report]") {
  std::vector<RunResult> runs = {made_up_phiid_run("one", {0, 2, 5}, 4, 0.0),
                                 made_up_phiid_run("two", {1, 3, 4, 8}, 3, 1000.0)};
  runs[0].input.details = plan(3);
  runs[1].warnings = {"of the second"};
  const NamedTable profiles = profile_table(runs, true);
  const auto made = overview(runs, {}, profiles, {}, {"a note"});
  CHECK(made.subtitle == "one \u00b7 two");
  CHECK(titles(made) == std::vector<std::string>{"Profiles", "one", "two", "Tables"});
  REQUIRE(made.facts.size() >= 6);
  CHECK(made.facts[2] ==
        std::pair<std::string, std::string>("Series of one", "12 prompts, 3 layers of 4 heads"));
  CHECK(made.facts[3] ==
        std::pair<std::string, std::string>("Series of two", "12 prompts, 4 layers of 3 heads"));
  CHECK(made.facts[4].second == "version 1.2, revision abc");
  CHECK(made.facts[5] ==
        std::pair<std::string, std::string>("Extracted by of two", "a plain array"));
  for (const RunResult& run : runs) {
    const auto& section = section_of(made, run.input.label);
    CHECK(lines_of(section) == findings(run, {}));
    CHECK(lines_of(section, 2) ==
          (run.warnings.empty() ? std::vector<std::string>{"None."} : run.warnings));
    CHECK(std::get<figure::Downloads>(section.blocks.at(3)).files.at(0).first ==
          run.input.label + "/report.html");
  }
  CHECK(to_csv(block_table(section_of(made, "Tables"), "profiles.csv")) == to_csv(profiles.table));
}

}  // namespace phiscope::analyze::phiid::report_test
