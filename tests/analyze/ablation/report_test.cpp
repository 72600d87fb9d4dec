// SPDX-License-Identifier: MIT
// What a report of ablation holds besides its findings: facts, provenance, tables.
#include "ablation/findings.hpp"
#include "ablation/tables.hpp"
#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "made_up_ablation.hpp"

namespace phiscope::analyze::ablation::report_test {

using test::cell_text;
using test::made_up_ablation;
using test::table_of;
using test::TableRows;
using Json = nlohmann::ordered_json;
using Facts = std::vector<std::pair<std::string, std::string>>;

namespace {

const std::string program = "analyze-ablation " PHISCOPE_VERSION;
const std::string all_is_well =
    "Every order is finished, KL is 0 with no head removed, and equal for all orders with all "
    "heads removed.";

std::vector<Result> two_results() {
  std::vector<Result> results = {made_up_ablation("one", 1.0), made_up_ablation("two", 100.0)};
  int step = 2;
  for (Result& result : results) {
    result.data.details = {{"version", "1.2"},
                           {"revision", "abc"},
                           {"options", {{"step_size", step++}}},
                           {"model", {{"name", "small"}, {"layers", 4}}},
                           {"orders", "left out"}};
  }
  return results;
}

const figure::Section& section_of(const figure::Report& report, const std::string& title) {
  for (const auto& section : report.sections) {
    if (section.title == title) return section;
  }
  throw std::runtime_error("no section " + title);
}

const Table& block_table(const figure::Section& section, const std::string& file) {
  for (const auto& block : section.blocks) {
    const auto* table = std::get_if<figure::TableBlock>(&block);
    if (table != nullptr && table->file == file) return table->table;
  }
  throw std::runtime_error("no table " + file);
}

}  // namespace

TEST_CASE("facts and provenance name program, options, inputs and plans", "[report]") {
  const auto results = two_results();
  const auto made =
      report(results, {.resamples = 123, .seed = 45}, tables(results), {}, {"a note"});
  CHECK(made.title == "Cumulative ablation of attention heads");
  CHECK(made.subtitle == "one \u00b7 two");
  const Facts facts = {{"Program", program},
                       {"Analysis", "bootstrap resamples 123; seed 45"},
                       {"Input of one", "one, extracted by version 1.2, revision abc"},
                       {"Input of two", "two, extracted by version 1.2, revision abc"},
                       {"Model", "small, 4 layers"},
                       {"Options of one", "step_size 2"},
                       {"Options of two", "step_size 3"}};
  CHECK(made.facts == facts);
  const TableRows rows(block_table(section_of(made, "Provenance"), "provenance.csv"),
                       {"run", "what"});
  CHECK(rows.size() == facts.size() + 2 * 5);
  for (const auto& [what, value] : facts) CHECK(rows.text({"analysis", what}, "value") == value);
  CHECK(rows.text({"one", "options.step_size"}, "value") == "2");
  CHECK(rows.text({"two", "options.step_size"}, "value") == "3");
  CHECK(rows.text({"two", "model.layers"}, "value") == "4");
}

TEST_CASE("sections come in their order with notes, findings and tables", "[report]") {
  const auto results = two_results();
  const auto all = tables(results);
  const auto made = report(results, {}, all, {}, {"first note", "second note"});
  std::vector<std::string> titles;
  for (const auto& section : made.sections) titles.push_back(section.title);
  CHECK(titles == std::vector<std::string>{"Diagnostics", "Findings", "Curves", "Numbers", "Tables",
                                           "Provenance"});
  const auto& diagnostics = section_of(made, "Diagnostics");
  CHECK(std::get<figure::Points>(diagnostics.blocks.front()).lines ==
        std::vector<std::string>{"first note", "second note"});
  CHECK(std::get<figure::Points>(section_of(made, "Findings").blocks.front()).lines ==
        findings(results));
  for (const char* file : {"fractions.csv", "comparisons.csv", "ranges.csv"}) {
    CHECK(to_csv(block_table(section_of(made, "Numbers"), file)) == to_csv(table_of(all, file)));
  }
  const auto& files = std::get<figure::Downloads>(section_of(made, "Tables").blocks.back()).files;
  REQUIRE(files.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(files[i].first == all[i].file);
  const auto sound = report(results, {}, all, {}, {});
  CHECK(std::get<figure::Points>(section_of(sound, "Diagnostics").blocks.front()).lines ==
        std::vector<std::string>{all_is_well});
}

TEST_CASE("the short tables are columns of auc.csv", "[report]") {
  const auto results = two_results();
  const auto all = tables(results);
  const auto made = report(results, {}, all, {}, {});
  const TableRows full(table_of(all, "auc.csv"), {"run", "order"});
  const Table& orders = block_table(section_of(made, "Diagnostics"), "orders.csv");
  const Table& areas = block_table(section_of(made, "Numbers"), "auc_short.csv");
  CHECK(orders.columns == std::vector<std::string>{"run", "order", "kind", "steps_planned",
                                                   "steps_measured", "steps_compared",
                                                   "to_fraction", "n_prompts", "kl_at_zero",
                                                   "kl_at_all"});
  CHECK(areas.columns == std::vector<std::string>{"run", "order", "kind", "auc", "auc_ratio",
                                                  "auc_ratio_ci_low", "auc_ratio_ci_high",
                                                  "n_random", "n_random_below", "z", "p_more",
                                                  "p_less", "least_p", "random_orders_needed",
                                                  "points_compared", "points_above"});
  for (const Table* table : {&orders, &areas}) {
    const TableRows rows(*table, {"run", "order"});
    CHECK(rows.size() == full.size());
    for (const Result& result : results) {
      for (const Order& order : result.data.orders) {
        for (const std::string& column : table->columns) {
          CHECK(rows.text({result.label, order.name}, column) ==
                full.text({result.label, order.name}, column));
        }
      }
    }
  }
}

}  // namespace phiscope::analyze::ablation::report_test
