// SPDX-License-Identifier: MIT
// What a report of loo holds besides its findings: provenance, what was read, tables.
#include "loo/report.hpp"

#include "analyze/page_sections.hpp"
#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "loo/claims.hpp"
#include "loo/figures.hpp"
#include "loo/findings.hpp"
#include "loo/tables.hpp"
#include "made_up_loo.hpp"

namespace phiscope::analyze::loo::report_test {

using test::block_table;
using test::cell_text;
using test::figures_of;
using test::lines_of;
using test::listed_files;
using test::made_up_loo_runs;
using test::page_of;
using test::table_of;
using test::TableRows;
using test::titles;
using Json = nlohmann::ordered_json;
using Facts = std::vector<std::pair<std::string, std::string>>;

namespace {

const std::string program = "analyze-loo " PHISCOPE_VERSION;

Json plan(const std::string& model, int seed) {
  return {{"version", "1.2"},
          {"revision", "abc"},
          {"options", {{"seed", seed}, {"context_lengths", {6, 10}}}},
          {"numerics", {{"dtype", "float32"}}},
          {"model",
           {{"name", model},
            {"family", "none"},
            {"layers", 3},
            {"digests", {{"model.safetensors", "0123456789abcdef"}, {"config.json", "fedcba"}}}}},
          {"loo", {{"conditions", "left out"}}}};
}

std::vector<RunResult> runs_with_plans() {
  auto runs = made_up_loo_runs();
  runs[0].info.details = plan("small", 3);
  runs[1].info.details = plan("small", 4);
  return runs;
}

}  // namespace

TEST_CASE("facts name program, options, runs and model; what differs once per run", "[report]") {
  const auto runs = runs_with_plans();
  const auto made = page_of(report_of(runs, {.cross = Cross::all, .resamples = 123, .seed = 45}));
  const auto size = [&](std::size_t run) {
    return std::to_string(runs[run].contexts.size()) + " contexts, " +
           std::to_string(runs[run].info.layers.size()) + " layers";
  };
  CHECK(made.title == "Leave-one-out influence, layer by layer");
  CHECK(made.subtitle == "keep \u00b7 drop");
  CHECK(made.facts == Facts{{"Program", program},
                            {"Analysis", "cross pairs all; bootstrap resamples 123; seed 45"},
                            {"Input of keep", "sink keep, " + size(0)},
                            {"Input of drop", "sink drop, " + size(1)},
                            {"Extracted by", "version 1.2, revision abc"},
                            {"Model", "small, none, 3 layers, model.safetensors 0123456789ab"},
                            {"Options of the extraction of keep", "seed 3; context_lengths 6, 10"},
                            {"Options of the extraction of drop", "seed 4; context_lengths 6, 10"},
                            {"Numerics", "dtype float32"}});
}

TEST_CASE("the provenance table has every member of every plan but the words", "[report]") {
  const auto made = page_of(report_of(runs_with_plans(), {.resamples = 123, .seed = 45}));
  const TableRows rows(block_table(made, "Provenance", "provenance.csv"), {"run", "what"});
  const auto value = [&](const std::string& run, const std::string& what) {
    return rows.text({run, what}, "value");
  };
  CHECK(value("analysis", "program") == program);
  CHECK(value("analysis", "cross pairs") == "groups");
  CHECK(value("analysis", "bootstrap resamples") == "123");
  CHECK(value("analysis", "seed") == "45");
  CHECK(value("keep", "options.seed") == "3");
  CHECK(value("drop", "options.seed") == "4");
  CHECK(value("keep", "options.context_lengths") == "[6,10]");
  CHECK(value("keep", "model.digests.model.safetensors") == "0123456789abcdef");
  CHECK(value("drop", "numerics.dtype") == "float32");
  CHECK(rows.size() == 4 + 2 * 10);
  CHECK_THROWS(value("keep", "loo.conditions"));
}

TEST_CASE("the table of runs counts contexts, events, influences and overflows", "[report]") {
  auto runs = made_up_loo_runs();
  for (RunResult& run : runs) {
    run.contexts.resize(&run == &runs[0] ? 3 : 2);
    for (std::size_t i = 0; i < run.contexts.size(); ++i) {
      run.contexts[i].events.resize(i + 1);
      for (auto& count : run.contexts[i].float16_overflows) count = 5;
    }
  }
  runs[0].contexts[2].full[0].ratio = Status::no_within_pairs;
  for (auto& event : runs[0].contexts[2].events) event.without[1].ratio = Status::nonfinite;
  const auto made = page_of(report_of(runs, {}));
  const Table& table = block_table(made, "Diagnostics", "runs.csv");
  CHECK(table.columns == std::vector<std::string>{"run", "sink", "conditions", "contexts", "events",
                                                  "layers", "ratio influences", "defined",
                                                  "float16 overflows"});
  REQUIRE(table.rows.size() == 2);
  std::vector<std::vector<std::string>> texts;
  for (const auto& row : table.rows) {
    texts.emplace_back();
    for (const auto& cell : row) texts.back().push_back(cell_text(cell));
  }
  std::int64_t defined[2] = {0, 0};
  for (std::size_t r = 0; r < 2; ++r) {
    for (const auto& context : runs[r].contexts) {
      for (const auto& event : context.events) {
        for (std::size_t l = 0; l < runs[r].info.layers.size(); ++l) {
          defined[r] += context.full[l].ratio.ok() && event.without[l].ratio.ok() ? 1 : 0;
        }
      }
    }
  }
  CHECK(texts[0] == std::vector<std::string>{"keep", "keep", "semantic, unrelated", "3", "6", "3",
                                             "18", std::to_string(defined[0]), "45"});
  CHECK(texts[1] == std::vector<std::string>{"drop", "drop", "unrelated, other", "2", "3", "4",
                                             "12", std::to_string(defined[1]), "40"});
  CHECK(defined[0] <= 12);
}

TEST_CASE("sections come in their order and hold warnings, findings, figures and files",
          "[report]") {
  auto runs = made_up_loo_runs();
  runs[1].info.walks.resize(runs[1].contexts.size() + 4);
  const auto analysis = report_of(runs, {});
  const auto made = page_of(analysis);
  CHECK(titles(made) == std::vector<std::string>{"Findings", "Diagnostics",
                                                 "Curves over the layers",
                                                 "Maps of layer and context length", "Definitions",
                                                 "Tables", "Provenance"});
  const std::string contexts = std::to_string(runs[1].contexts.size());
  CHECK(test::warnings_of(made) == warnings(runs));
  CHECK(test::warnings_of(made)[1] == "Partial run drop: " + contexts + " of " +
                                          std::to_string(runs[1].contexts.size() + 4) +
                                          " contexts.");
  CHECK(test::told_of(made) == report::told(analysis));
  CHECK(analysis.findings == findings(runs));
  CHECK(analysis.claims.size() == claims(runs).size());
  CHECK(lines_of(made, "Definitions").size() == definitions().size() + 1);
  CHECK(lines_of(made, "Diagnostics").size() == 2);
  for (const char* file : {"undefined.csv", "diagnostics.csv"}) {
    CHECK(to_csv(block_table(made, "Diagnostics", file)) == to_csv(table_of(tables(runs), file)));
  }
  std::vector<std::string> maps, curves;
  for (const auto& figure : figures(runs)) {
    (figure.name.starts_with("heatmap") ? maps : curves).push_back(figure.name);
  }
  CHECK(figures_of(made, "Maps of layer and context length") == maps);
  CHECK(made.key->figure.name == curves.front());
  curves.erase(curves.begin());
  CHECK(figures_of(made, "Curves over the layers") == curves);
  REQUIRE(listed_files(made).size() == 11);
  CHECK(listed_files(made).back() == "claims.csv");
  for (std::size_t i = 0; i < 10; ++i) CHECK(listed_files(made)[i] == tables(runs)[i].file);
}

}  // namespace phiscope::analyze::loo::report_test
