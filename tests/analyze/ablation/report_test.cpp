// SPDX-License-Identifier: MIT
// What a report of ablation holds besides its findings: facts, provenance, tables.
#include "ablation/report.hpp"

#include "ablation/claims.hpp"
#include "ablation/figures.hpp"
#include "ablation/findings.hpp"
#include "ablation/tables.hpp"
#include "analyze/page_sections.hpp"
#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "made_up_ablation.hpp"

namespace phiscope::analyze::ablation::report_test {

using test::block_table;
using test::figures_of;
using test::lines_of;
using test::listed_files;
using test::made_up_ablation;
using test::page_of;
using test::table_of;
using test::TableRows;
using test::titles;
using Json = nlohmann::ordered_json;
using Facts = std::vector<std::pair<std::string, std::string>>;

namespace {

const std::string program = "analyze-ablation " PHISCOPE_VERSION;
const std::string all_is_well =
    "Every order is finished. KL with no head removed is at most 1e-4 nats. KL with all heads "
    "removed is equal for all orders, to 1e-6 of its value.";

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

}  // namespace

TEST_CASE("facts and provenance name program, options, inputs and plans", "[report]") {
  const auto results = two_results();
  const auto made = page_of(report_of(results, {.resamples = 123, .seed = 45}));
  CHECK(made.title == "Cumulative ablation of attention heads (--remove zero)");
  CHECK(made.subtitle == "one \u00b7 two");
  const auto size = [&](std::size_t i) {
    const Result& result = results[i];
    return result.label + ", " + std::to_string(result.orders.size()) + " orders, " +
           std::to_string(result.data.heads) + " heads, " + std::to_string(result.data.prompts) +
           " prompts, --remove zero";
  };
  CHECK(made.facts == Facts{{"Program", program},
                            {"Analysis", "bootstrap resamples 123; seed 45"},
                            {"Input of one", size(0)},
                            {"Input of two", size(1)},
                            {"Extracted by", "version 1.2, revision abc"},
                            {"Model", "small, 4 layers"},
                            {"Options of the extraction of one", "step_size 2"},
                            {"Options of the extraction of two", "step_size 3"}});
  const TableRows rows(block_table(made, "Provenance", "provenance.csv"), {"run", "what"});
  CHECK(rows.size() == 3 + 2 * 5);
  CHECK(rows.text({"analysis", "program"}, "value") == program);
  CHECK(rows.text({"analysis", "bootstrap resamples"}, "value") == "123");
  CHECK(rows.text({"analysis", "seed"}, "value") == "45");
  CHECK(rows.text({"one", "options.step_size"}, "value") == "2");
  CHECK(rows.text({"two", "options.step_size"}, "value") == "3");
  CHECK(rows.text({"two", "model.layers"}, "value") == "4");
}

TEST_CASE("a table of means was extracted by nobody", "[report]") {
  auto results = two_results();
  for (Result& result : results) result.data.has_prompts = false;
  const auto made = page_of(report_of(results, {}));
  for (const auto& [name, value] : made.facts) CHECK(name != "Extracted by");
}

TEST_CASE("sections come in their order with warnings, findings and tables", "[report]") {
  const auto results = two_results();
  const auto all = tables(results);
  const auto made = page_of(report_of(results, {}));
  CHECK(titles(made) == std::vector<std::string>{"Findings", "Diagnostics", "Curves", "Numbers",
                                                 "Definitions", "Tables", "Provenance"});
  std::vector<std::string> expected;
  for (const Result& result : results) {
    for (const std::string& line : warnings(result)) expected.push_back(line);
  }
  CHECK(test::warnings_of(made) == expected);
  const auto analysis = report_of(results, {});
  CHECK(analysis.findings == findings(results));
  CHECK(analysis.claims.size() == claims(results).size());
  CHECK(test::told_of(made) == told(analysis));
  CHECK(lines_of(made, "Definitions").size() == 7);
  CHECK_THAT(lines_of(made, "Definitions")[5],
             Contains("--remove zero): the output of the head becomes zero at every position."));
  CHECK(figures_of(made, "Curves").size() + 1 == figures(results).size());
  for (const char* file : {"in_layer.csv", "fractions.csv", "comparisons.csv", "ranges.csv"}) {
    CHECK(to_csv(block_table(made, "Numbers", file)) == to_csv(table_of(all, file)));
  }
  REQUIRE(listed_files(made).size() == all.size() + 1);
  CHECK(listed_files(made).back() == "claims.csv");
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(listed_files(made)[i] == all[i].file);
}

TEST_CASE("the title says how heads were removed where all sweeps agree", "[report]") {
  auto results = two_results();
  for (Result& result : results) result.data.removal = "mean";
  CHECK(report_of(results, {}).title == "Cumulative ablation of attention heads (--remove mean)");
  results[1].data.removal = "resample";
  CHECK(report_of(results, {}).title == "Cumulative ablation of attention heads");
  CHECK(report_of(results, {}).definitions.size() == 7);  // both ways
  for (Result& result : results) result.data.removal.clear();
  CHECK(report_of(results, {}).title == "Cumulative ablation of attention heads");
  CHECK(report_of(results, {}).definitions.size() == 5);
}

TEST_CASE("a sound sweep says that it is", "[report]") {
  auto results = two_results();
  for (Result& result : results) {
    for (std::size_t i = 0; i < result.orders.size(); ++i) {
      result.orders[i].at_zero = 0.0;
      result.orders[i].at_all = 5.0;
      result.data.orders[i].measured = result.data.orders[i].planned.size();
    }
    CHECK(warnings(result).empty());
  }
  const auto sound = page_of(report_of(results, {}));
  CHECK(test::warnings_of(sound).empty());
  CHECK(lines_of(sound, "Diagnostics") ==
        std::vector<std::string>{"one: " + all_is_well, "two: " + all_is_well});
  results[1].orders[0].at_zero = 1.0;
  const auto unsound = page_of(report_of(results, {}));
  CHECK(test::warnings_of(unsound).size() == 1);
  CHECK(std::holds_alternative<report::TableBlock>(
      test::section_of(unsound, "Diagnostics").blocks.front()));
}

TEST_CASE("of a sweep without a warning only what was measured is said", "[report]") {
  Result result = made_up_ablation("one", 1.0);
  for (OrderResult& order : result.orders) {
    order.at_zero = 1e-4;
    order.at_all = 5.0;
  }
  result.orders[5].at_all = 5.0 + 4e-6;
  const auto told = [&result] {
    REQUIRE(warnings(result).empty());
    return report_of({result}, {}).sections.front().lines;
  };
  using Lines = std::vector<std::string>;
  const std::string finished = "Every order is finished. ";
  const std::string zero = "KL with no head removed is at most 1e-4 nats. ";
  CHECK(told() == Lines{all_is_well});
  for (std::size_t i = 2; i < 6; ++i) result.orders[i].at_all = Status::too_few_rows;
  CHECK(told() == Lines{finished + zero +
                        "KL with all heads removed, measured in 2 of 6 orders, is equal for these, "
                        "to 1e-6 of its value."});
  result.orders[1].at_all = Status::too_few_rows;
  CHECK(told() ==
        Lines{finished + zero + "KL with all heads removed was measured in one order only."});
  result.orders[0].at_all = Status::too_few_rows;
  CHECK(told() == Lines{finished + zero + "KL with all heads removed was not measured."});
  result.orders[3].at_zero = Status::too_few_rows;
  CHECK_THAT(told().front(),
             Contains("KL with no head removed, measured in 5 of 6 orders, is at most 1e-4 nats."));
  result.data.has_prompts = false;
  CHECK(told() == Lines{"A table does not say what was planned for its orders. KL with no head "
                        "removed, given in 5 of 6 orders, is at most 1e-4 nats. KL with all heads "
                        "removed was not given."});
  // Beyond what the sentences allow there is a warning.
  result.orders[0].at_zero = 1.01e-4;
  CHECK(warnings(result).size() == 1);
  result.orders[0].at_zero = 0.0;
  result.orders[0].at_all = 5.0;
  result.orders[1].at_all = 5.0 + 6e-6;
  CHECK(warnings(result).size() == 1);
}

TEST_CASE("definitions say what was drawn and what a comparison leaves open", "[report]") {
  Result result = made_up_ablation("one", 1.0);
  result.data.prompts = 1;
  const report::Analysis analysis = report_of({result}, {});
  CHECK_THAT(analysis.definitions[2],
             Contains("Random orders and, where they are given, prompts are drawn anew"));
  CHECK(analysis.definitions[3] ==
        "Layer-matched (random-in-layer) orders take a random head from the layer from which the "
        "ranking takes one, place by place: what they do does not depend on which heads of a layer "
        "the ranking chose. Where a ranking is not shown to do more damage than they do, it is "
        "open whether it adds to the depth of its heads.");
  CHECK(analysis.sources.front().about == "one, 6 orders, 16 heads, 1 prompt, --remove zero");
}

TEST_CASE("the short tables are columns of auc.csv", "[report]") {
  const auto results = two_results();
  const auto all = tables(results);
  const auto made = page_of(report_of(results, {}));
  const TableRows full(table_of(all, "auc.csv"), {"run", "order"});
  const Table& orders = block_table(made, "Diagnostics", "orders.csv");
  const Table& areas = block_table(made, "Numbers", "auc_short.csv");
  CHECK(orders.columns == std::vector<std::string>{"run", "order", "kind", "steps_planned",
                                                   "steps_measured", "steps_compared",
                                                   "to_fraction", "n_prompts", "kl_at_zero",
                                                   "kl_at_all"});
  CHECK(areas.columns == std::vector<std::string>{"run",
                                                  "order",
                                                  "kind",
                                                  "n_prompts",
                                                  "auc",
                                                  "auc_ratio",
                                                  "auc_ratio_ci_low",
                                                  "auc_ratio_ci_high",
                                                  "auc_ratio_ci_covers",
                                                  "auc_ratio_ci_status",
                                                  "random_ratio_least",
                                                  "random_ratio_most",
                                                  "n_random",
                                                  "n_random_below",
                                                  "z",
                                                  "p_more",
                                                  "p_less",
                                                  "least_p",
                                                  "random_orders_needed",
                                                  "points_compared",
                                                  "points_above"});
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
