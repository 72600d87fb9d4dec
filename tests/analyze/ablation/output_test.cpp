// SPDX-License-Identifier: MIT
#include "ablation/figures.hpp"
#include "ablation/report.hpp"
#include "ablation/tables.hpp"
#include "catch.hpp"
#include "process.hpp"
#include "report/write.hpp"
#include "synthetic_ablation.hpp"
#include "temp_dir.hpp"

#include <regex>

using namespace phiscope::analyze::ablation;
using phiscope::report::Pictures;
using phiscope::test::TempDir;
using phiscope::test::tree;
using phiscope::test::write_synthetic_ablation;

namespace {

const std::string table_text =
    "num_heads_removed,mean_kl_div,order_type\n0,0,syn_red\n4,1,syn_red\n8,2,syn_red\n"
    "0,0,random_0\n4,2,random_0\n8,2,random_0\n0,0,random_1\n4,3,random_1\n8,2,random_1\n";

std::map<std::string, std::string> outputs(const std::vector<std::filesystem::path>& paths,
                                           const Options& options,
                                           Pictures pictures = Pictures::none,
                                           const ReadOptions& read = {}) {
  const TempDir folder;
  const std::vector<phiscope::report::Part> parts = {
      {"", report_of(analyze_paths(paths, read, options), options)}};
  (void)phiscope::report::write(parts, folder.path() / "a" / "b", pictures, options.threads);
  return tree(folder.path() / "a" / "b");
}

}  // namespace

TEST_CASE("a sweep is written in the same bytes by one and several threads", "[output]") {
  const TempDir folder;
  write_synthetic_ablation(folder.path() / "run", {});
  phiscope::test::write_text(folder.path() / "table.csv", table_text);
  const std::vector<std::filesystem::path> paths = {folder.path() / "run",
                                                    folder.path() / "table.csv"};
  const auto one = outputs(paths, {.resamples = 50, .threads = 1}, Pictures::svg_and_png);
  CHECK(one.size() >= 10);
  for (const std::size_t threads : {2U, 5U}) {
    const auto more = outputs(paths, {.resamples = 50, .threads = threads}, Pictures::svg_and_png);
    REQUIRE(more.size() == one.size());
    for (const auto& [file, bytes] : one) {
      CAPTURE(file);
      CHECK(more.at(file) == bytes);
    }
  }
}

TEST_CASE("tables of one run and of several", "[output]") {
  const TempDir folder;
  write_synthetic_ablation(folder.path() / "x" / "run", {});
  write_synthetic_ablation(folder.path() / "y" / "run", {.prompts = 3});
  const auto one = outputs({folder.path() / "x" / "run"}, {.resamples = 20});
  CHECK(one.at("auc.csv").starts_with("order,kind,steps_planned,"));
  CHECK(phiscope::test::lines(one.at("auc.csv")) == 6);
  CHECK(phiscope::test::lines(one.at("curves.csv")) == 26);
  CHECK(phiscope::test::lines(one.at("fractions.csv")) == 41);
  CHECK(phiscope::test::lines(one.at("random_band.csv")) == 6);
  CHECK(phiscope::test::lines(one.at("comparisons.csv")) == 4);
  CHECK_THAT(one.at("auc.csv"), Contains("\nbalance,ranking,5,5,5,0,1,5,0,"));
  for (const auto& [file, text] : one) {
    if (!file.ends_with(".csv")) continue;
    CAPTURE(file);
    CHECK_FALSE(std::regex_search(text, std::regex("(^|,|\\n)-?(nan|inf)(,|\\n)")));
  }
  const auto two =
      outputs({folder.path() / "x" / "run", folder.path() / "y" / "run"}, {.resamples = 20});
  CHECK(two.at("auc.csv").starts_with("run,order,kind,"));
  CHECK_THAT(two.at("auc.csv"), Contains("\nrun,balance,") && Contains("\nrun_2,balance,"));
  CHECK_THAT(two.at("summary.txt"), Contains("run_2: balance does more damage than random orders"));
}

TEST_CASE("tables hold the numbers under their names", "[output]") {
  const TempDir folder;
  write_synthetic_ablation(folder.path() / "run", {});
  const auto results = analyze_paths({folder.path() / "run"}, {}, {.resamples = 20});
  const OrderResult& balance = results[0].orders[0];
  const auto all = tables(results);
  const auto number = [&](const std::string& file, std::size_t row, const std::string& column) {
    for (const auto& named : all) {
      if (named.file != file) continue;
      const auto& names = named.table.columns;
      const auto at = std::find(names.begin(), names.end(), column) - names.begin();
      const phiscope::Cell& cell = named.table.rows.at(row).at(static_cast<std::size_t>(at));
      const auto* integer = std::get_if<std::int64_t>(&cell);
      return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(cell);
    }
    throw std::runtime_error("no table " + file);
  };
  CHECK(number("auc.csv", 0, "p_more") == 0.25);
  CHECK(number("auc.csv", 0, "p_less") == 1.0);
  CHECK(number("auc.csv", 0, "points_compared") == 4);
  CHECK(number("auc.csv", 0, "points_above") == 3);
  CHECK(number("ranges.csv", 0, "from_heads") == 2);
  CHECK(number("ranges.csv", 0, "to_heads") == 6);
  const double kl = balance.eighths[3].kl;
  const double random = balance.eighths[3].random.value();
  const double of_all = balance.at_all.value();
  CHECK(number("fractions.csv", 3, "ratio") == Approx(kl / random));
  CHECK(number("grid.csv", 20, "fraction") == 0.5);
  CHECK(number("grid.csv", 20, "difference") == Approx(kl - random));
  CHECK(number("grid.csv", 20, "ratio") == Approx(kl / random));
  CHECK(number("grid.csv", 20, "kl_of_all") == Approx(kl / of_all));
  CHECK(number("grid.csv", 20, "random_kl_of_all") == Approx(random / of_all));
  CHECK(number("random_band.csv", 2, "least") == results[0].band[2].low);
  CHECK(number("random_band.csv", 2, "most") == results[0].band[2].high);
}

TEST_CASE("the curves of a run can be read back as a table of means", "[output]") {
  const TempDir folder;
  write_synthetic_ablation(folder.path() / "run", {});
  const auto first = outputs({folder.path() / "run"}, {.resamples = 20});
  phiscope::test::write_text(folder.path() / "curves.csv", first.at("curves.csv"));
  const auto again = analyze_paths({folder.path() / "curves.csv"}, {}, {.resamples = 20});
  const auto run = analyze_paths({folder.path() / "run"}, {}, {.resamples = 20});
  REQUIRE(again[0].orders.size() == run[0].orders.size());
  for (std::size_t i = 0; i < run[0].orders.size(); ++i) {
    CHECK(again[0].data.orders[i].kind == run[0].data.orders[i].kind);
    CHECK(again[0].orders[i].auc.value.value() ==
          Approx(run[0].orders[i].auc.value.value()).epsilon(1e-13));
    CHECK_FALSE(again[0].orders[i].auc.low.ok());  // means have no prompts to resample
    CHECK_FALSE(again[0].comparisons[0].p_value.ok());
  }
}

TEST_CASE("a report tells what was read, then what is wrong, then the rest", "[output]") {
  const TempDir folder;
  write_synthetic_ablation(folder.path() / "run", {}, {3, 4});
  const auto files = outputs({folder.path() / "run"}, {.resamples = 20, .seed = 7}, Pictures::none,
                             {.run = {.allow_partial = true}});
  const std::string& page = files.at("report.html");
  CHECK_THAT(page, Contains("bootstrap resamples 20; seed 7") && Contains("version synthetic"));
  CHECK_THAT(page, Contains("order balance of run has 3 of 5 numbers of heads removed"));
  CHECK_THAT(page, Contains("No figures: they were switched off."));
  CHECK(page.find("<ul class=\"alerts\"") < page.find("<h2>Findings"));
  CHECK(page.find("<h2>Findings") < page.find("<h2>Diagnostics"));
  CHECK_THAT(files.at("summary.txt"), Contains("(from 0 % to 50.0 % of the heads)"));
  CHECK_THAT(files.at("summary.txt"),
             Contains("Primary by default, not named before the run: balance does more damage than "
                      "random orders: cannot be shown with 3 random orders (no p below 0.25)"));
  CHECK_THAT(files.at("summary.txt"), Contains("KL with no head removed: 0 nats, measured"));
}

TEST_CASE("figures hold the curves and what they are compared with", "[output]") {
  const TempDir folder;
  write_synthetic_ablation(folder.path() / "run", {});
  phiscope::test::write_text(folder.path() / "table.csv", table_text);
  const auto results =
      analyze_paths({folder.path() / "run", folder.path() / "table.csv"}, {}, {.resamples = 20});
  const auto all = figures(results);
  REQUIRE(all.size() == 3);
  CHECK(all[0].panels.size() == 6);
  const auto& kl = std::get<phiscope::figure::Lines>(all[0].panels[0].content);
  REQUIRE(kl.series.size() == 3);  // random mean, balance, norm
  CHECK(kl.series[0].low[2] == results[0].band[2].low);
  CHECK(kl.series[1].x.back() == 1.0);
  CHECK(kl.series[1].y[2] == results[0].orders[0].points[2].kl.value.value());
  CHECK(kl.series[1].low[2].has_value());
  const auto& means = std::get<phiscope::figure::Lines>(all[0].panels[3].content);
  CHECK_FALSE(means.series[1].low[2].has_value());
  const auto& bars = std::get<phiscope::figure::Lines>(all[1].panels[0].content);
  REQUIRE(bars.series.size() == 5);  // two bars, three random orders: too few for intervals
  const double ratio = results[0].orders[0].auc_ratio.value.value();
  CHECK(ratio > 1.0);
  CHECK(bars.series[0].low[0] == 1.0);
  CHECK(bars.series[0].high[0] == ratio);
  const auto& below = std::get<phiscope::figure::Lines>(all[1].panels[1].content);
  CHECK(below.series[0].low[0] == results[1].orders[0].auc_ratio.value.value());
  CHECK(below.series[0].high[0] == 1.0);
  CHECK(figures({results[0]}).size() == 2);
}
