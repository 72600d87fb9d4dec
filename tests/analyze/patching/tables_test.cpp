// SPDX-License-Identifier: MIT
// Every cell of every table against the number that belongs there.
#include "patching/tables.hpp"

#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "made_up_patching.hpp"
#include "patching/checks.hpp"

namespace phiscope::analyze::patching::tables_test {

using test::cell_text;
using test::made_up_comparisons;
using test::made_up_patching;
using test::table_of;
using test::TableRows;

namespace {

std::string text(const Value& value) {
  return value.ok() ? number_text(value.value()) : "";
}

/// The beginning of the key of a site's row, as texts.
std::vector<std::string> site_key(const Result& result, const Site& site) {
  const Patching& data = result.data;
  const bool has_steps = data.sets[site.set] != "layer";
  return {result.label,
          data.modes[site.mode],
          data.sets[site.set],
          std::to_string(site.layer),
          data.has_heads ? std::to_string(site.head) : "",
          has_steps ? std::to_string(site.step) : ""};
}

std::vector<std::string> longer(std::vector<std::string> key, const std::string& more) {
  key.push_back(more);
  return key;
}

void check_mean(const TableRows& rows, const std::vector<std::string>& key, const Cell& expected) {
  CHECK(rows.text(key, "mean") == text(expected.mean.value));
  CHECK(rows.text(key, "ci_low") == text(expected.mean.low));
  CHECK(rows.text(key, "ci_high") == text(expected.mean.high));
  CHECK(rows.text(key, "ci_units") == std::to_string(expected.mean.units));
  CHECK(rows.text(key, "n_pairs") == std::to_string(expected.count));
  const std::size_t no_gap = expected.undefined.at(Status::no_gap);
  const std::size_t nonfinite = expected.undefined.at(Status::nonfinite);
  CHECK(rows.text(key, "n_ok") == std::to_string(expected.count - no_gap - nonfinite));
  CHECK(rows.text(key, "no_gap") == std::to_string(no_gap));
  CHECK(rows.text(key, "nonfinite") == std::to_string(nonfinite));
  CHECK(rows.text(key, "too_few_rows") == "0");
}

void check_test(const TableRows& rows, const std::vector<std::string>& key,
                const SiteTest* expected) {
  CHECK(rows.text(key, "p") == (expected != nullptr ? text(expected->p) : ""));
  CHECK(rows.text(key, "p_holm") == (expected != nullptr ? text(expected->p_holm) : ""));
  CHECK(rows.text(key, "p_max") == (expected != nullptr ? text(expected->p_max) : ""));
  CHECK(rows.text(key, "least_p_max") ==
        (expected != nullptr ? number_text(expected->least_p) : ""));
}

const std::vector<std::string> site_names = {"run", "mode", "set", "layer", "head", "step"};

TableRows rows_by(const std::vector<Result>& results, const std::string& file,
                  std::vector<std::string> more, std::vector<std::string> first = {}) {
  first.insert(first.end(), site_names.begin(), site_names.end());
  first.insert(first.end(), more.begin(), more.end());
  return {table_of(tables(results, made_up_comparisons(results)), file), first};
}

const SiteTest* tested_at(const Result& result, std::size_t group, std::size_t site,
                          const std::string& measure) {
  if (measure == "recovery") return &result.test(group, site, 0);
  if (measure == "answer_diff_change") return &result.test(group, site, 1);
  if (measure == "answer_logit_diff_change") return &result.test(group, site, 2);
  return nullptr;
}

}  // namespace

TEST_CASE("patching.csv has every mean, interval and test", "[tables]") {
  const auto results = made_up_patching();
  const TableRows rows = rows_by(results, "patching.csv", {"difficulty", "measure"});
  std::size_t count = 0;
  for (const Result& result : results) {
    for (std::size_t group = 0; group < result.groups.size(); ++group) {
      for (std::size_t site = 0; site < result.data.sites.size(); ++site) {
        for (const Measure measure : all_measures()) {
          const std::string name(measure_name(measure));
          const auto key = longer(
              longer(site_key(result, result.data.sites[site]), result.groups[group].name), name);
          CAPTURE(key);
          check_mean(rows, key, result.cell(group, site, measure));
          check_test(rows, key, tested_at(result, group, site, name));
          ++count;
        }
      }
    }
  }
  CHECK(count == (4 * 16 + 2 * 12) * measure_count);
  CHECK(rows.size() == count);
}

TEST_CASE("pairs.csv has every measure of every pair", "[tables]") {
  auto results = made_up_patching();
  results[0].data.rows[1].greedy.resize(16);
  results[0].data.rows[1].greedy[3] = GreedyAnswer::other_number;
  const TableRows rows = rows_by(results, "pairs.csv", {"pair_id"});
  std::size_t count = 0;
  for (const Result& result : results) {
    for (std::size_t pair = 0; pair < result.data.pairs.size(); ++pair) {
      const Pair& at = result.data.pairs[pair];
      for (std::size_t site = 0; site < result.data.sites.size(); ++site) {
        const auto key = longer(site_key(result, result.data.sites[site]), id_text(at.id));
        CAPTURE(key);
        CHECK(rows.text(key, "reasoning_steps") ==
              (at.clean.steps ? std::to_string(*at.clean.steps) : ""));
        for (const Measure measure : all_measures()) {
          CHECK(rows.text(key, std::string(measure_name(measure))) ==
                text(result.measured[pair][site][measure]));
        }
        const bool is_known = &result == results.data() && pair == 1 && site == 3;
        CHECK(rows.text(key, "greedy_answer") == (is_known ? "other_number" : ""));
        ++count;
      }
    }
  }
  CHECK(rows.size() == count);
}

TEST_CASE("readouts.csv has the means at each read-out, of the pairs that have it", "[tables]") {
  const std::vector<Result> results = {test::analyzed_patching(test::first_patching(), "clean")};
  const TableRows rows = rows_by(results, "readouts.csv", {"readout"});
  const Patching& data = results[0].data;
  const std::vector<std::pair<const char*, double Row::*>> columns = {
      {"kl_divergence", &Row::reverse_kl},
      {"kl_from_baseline", &Row::kl},
      {"prediction_change_rate", &Row::prediction_changed},
      {"l2", &Row::l2},
      {"token_score", &Row::token_score},
      {"token_log_probability", &Row::token_log_probability}};
  for (std::size_t site = 0; site < data.sites.size(); ++site) {
    for (std::size_t readout = 0; readout < data.readouts.size(); ++readout) {
      const auto key = longer(site_key(results[0], data.sites[site]), data.readouts[readout].name);
      for (const auto& [name, member] : columns) {
        double sum = 0.0;
        int count = 0;
        for (const PairRows& pair : data.rows) {
          if (!pair.sites[site][readout]) continue;
          sum += (*pair.sites[site][readout]).*member;
          ++count;
        }
        CHECK(count == (readout == 3 || readout == 5 ? 5 : 6));
        CHECK(rows.text(key, "n_pairs") == std::to_string(count));
        CHECK(*rows.number(key, name) == Approx(sum / count));
      }
    }
  }
  CHECK(rows.size() == 16 * 6);
}

TEST_CASE("layers.csv has the means of the layers", "[tables]") {
  const auto results = made_up_patching();
  const TableRows rows(table_of(tables(results, {}), "layers.csv"),
                       {"run", "mode", "set", "layer", "measure"});
  for (const Result& result : results) {
    for (const LayerMean& layer : result.layers) {
      for (const Measure measure : all_measures()) {
        check_mean(rows,
                   {result.label, result.data.modes[layer.mode], result.data.sets[layer.set],
                    std::to_string(layer.layer), std::string(measure_name(measure))},
                   layer.cells[static_cast<std::size_t>(measure)]);
      }
    }
  }
  CHECK(rows.size() == (8 + 4) * measure_count);
}

TEST_CASE("baselines.csv has the scores of both runs without a patch", "[tables]") {
  test::SyntheticPatching options = test::first_patching();
  options.change = [](const test::PatchKey& key, test::PatchRow& row) {
    if (key.pair == 2 && key.layer < 0) row.token_log_probability = -1.0;
  };
  const std::vector<Result> results = {test::analyzed_patching(options, "run")};
  const TableRows rows(table_of(tables(results, {}), "baselines.csv"), {"run", "pair_id"});
  CHECK(rows.size() == 6);
  for (std::int64_t pair = 0; pair < 6; ++pair) {
    const auto& at = options.pairs[static_cast<std::size_t>(pair)];
    const std::vector<std::string> key = {"run", id_text(at.id)};
    CHECK(rows.text(key, "complete") == "yes");
    CHECK(rows.text(key, "clean_answer") == at.clean_answer.dump());
    CHECK(rows.text(key, "corrupted_answer") == (pair == 3 ? "9" : at.corrupted_answer.dump()));
    CHECK(rows.text(key, "recovery_status") == (pair == 2 ? "no_gap" : "ok"));
    for (const auto& run :
         {std::pair<std::string, std::int64_t>("clean_run_", -2), {"corrupted_run_", -1}}) {
      const std::string& prefix = run.first;
      const std::int64_t layer = run.second;
      const auto score = [&](std::int64_t readout) {
        return options.written({.pair = pair, .layer = layer, .readout = readout});
      };
      const auto mean_of_two = [&](std::int64_t first, bool both) {
        const double a = score(first).token_log_probability;
        return both ? 0.5 * (a + score(first + 1).token_log_probability) : a;
      };
      const double clean = mean_of_two(2, pair != 1);
      const double corrupted = mean_of_two(4, pair != 2);
      CHECK(*rows.number(key, prefix + "clean_answer_score") == Approx(score(0).token_score));
      CHECK(*rows.number(key, prefix + "corrupted_answer_score") == Approx(score(1).token_score));
      CHECK(*rows.number(key, prefix + "clean_score") == Approx(clean));
      CHECK(*rows.number(key, prefix + "corrupted_score") == Approx(corrupted));
      CHECK(*rows.number(key, prefix + "answer_diff") == Approx(clean - corrupted).margin(1e-12));
    }
  }
}

TEST_CASE("ids that are texts are in the tables as they are", "[tables]") {
  test::SyntheticPatching options;
  options.pairs[1].id = "1e3";
  const std::vector<Result> results = {test::analyzed_patching(options, "run")};
  const std::vector<report::NamedTable> all = tables(results, {});
  CHECK(TableRows(table_of(all, "baselines.csv"), {"pair_id"}).text({"1e3"}, "complete") == "yes");
  std::size_t rows = 0;
  for (const auto& row : table_of(all, "pairs.csv").rows) {
    rows += std::count(row.begin(), row.end(), phiscope::Cell(std::string("1e3"))) > 0 ? 1 : 0;
  }
  CHECK(rows == 8);  // sites
}

TEST_CASE("dropped.csv names every pair that is in no result", "[tables]") {
  const test::TempDir folder;
  write_synthetic_patching(folder.path() / "part", test::first_patching(), {1});
  const std::vector<Result> results = {
      analyze(read_run(folder.path() / "part", {.allow_partial = true}),
              {.resamples = 20, .sign_flips = 20})};
  const TableRows rows(table_of(tables(results, {}), "dropped.csv"), {"pair_id"});
  CHECK(rows.size() == 5);
  CHECK(rows.text({"4"}, "status") == "answer_nested");
  CHECK(rows.text({"6"}, "status") == "not_aligned");
  CHECK(rows.text({"7"}, "status") == "not_aligned");
  CHECK(rows.text({"8"}, "status") == "unfinished");
  CHECK(rows.text({"9"}, "status") == "unfinished");
  CHECK(TableRows(table_of(tables(results, {}), "baselines.csv"), {"pair_id"})
            .text({"8"}, "complete") == "no");
}

TEST_CASE("checks.csv is the checklist", "[tables]") {
  const auto results = made_up_patching();
  const TableRows rows(table_of(tables(results, {}), "checks.csv"), {"run", "check"});
  for (const Result& result : results) {
    for (const Check& check : checklist(result)) {
      CHECK(rows.text({result.label, check.name}, "outcome") == outcome_name(check.outcome));
      CHECK(rows.text({result.label, check.name}, "found") == check.found);
    }
  }
  CHECK(rows.size() == 14);
}

TEST_CASE("greedy.csv counts the free answers that are known", "[tables]") {
  auto results = made_up_patching();
  const auto has_table = [&] {
    for (const auto& table : tables(results, {})) {
      if (table.file == "greedy.csv") return true;
    }
    return false;
  };
  CHECK_FALSE(has_table());
  const auto answer = [&](std::size_t pair, GreedyAnswer given) {
    results[0].data.rows[pair].greedy.resize(16);
    results[0].data.rows[pair].greedy[5] = given;
  };
  answer(0, GreedyAnswer::unchanged);
  answer(1, GreedyAnswer::flipped_to_clean);
  answer(2, GreedyAnswer::unchanged);
  answer(3, GreedyAnswer::no_number);
  answer(5, GreedyAnswer::other_number);
  const TableRows rows = rows_by(results, "greedy.csv", {"difficulty"});
  CHECK(rows.size() == 3);  // all, 2 and 3; the pair of unknown difficulty has no answer
  const auto counts = [&](const std::string& difficulty) {
    const auto key = longer({"clean", "rerun", "single", "1", "", "2"}, difficulty);
    std::string found;
    for (const char* column :
         {"flipped_to_clean", "other_number", "unchanged", "no_number", "n_known", "n_unknown"}) {
      found += rows.text(key, column) + " ";
    }
    return found;
  };
  CHECK(counts("all") == "1 1 2 1 5 1 ");
  CHECK(counts("2") == "1 1 1 0 3 0 ");
  CHECK(counts("3") == "0 0 1 1 2 0 ");
}

TEST_CASE("comparisons.csv has the differences between runs", "[tables]") {
  const auto results = made_up_patching();
  const auto comparisons = made_up_comparisons(results);
  const TableRows rows = rows_by(results, "comparisons.csv", {"measure"}, {"against"});
  for (const Comparison& each : comparisons) {
    std::vector<std::string> key = {"noise"};
    for (const auto& part : site_key(results[0], results[0].data.sites[each.site])) {
      key.push_back(part);
    }
    key.emplace_back(measure_name(each.measure));
    check_mean(rows, key, each.difference);
    check_test(rows, key, &each.test);
  }
  CHECK(rows.size() == comparisons.size());
  CHECK(tables({results[0]}, {}).size() == 7);
}

TEST_CASE("rows of a run per head name the head", "[tables]") {
  test::SyntheticPatching options;
  options.heads = 2;
  const std::vector<Result> results = {test::analyzed_patching(options, "heads")};
  const TableRows rows = rows_by(results, "patching.csv", {"difficulty", "measure"});
  const std::vector<std::string> key = {"heads", "rerun", "single", "1",
                                        "1",     "2",     "all",    "recovery"};
  std::size_t site = 0;
  while (results[0].data.sites[site] != Site{0, 0, 1, 1, 2}) ++site;
  CHECK(rows.text(key, "mean") == text(results[0].cell(0, site, Measure::recovery).mean.value));
}

}  // namespace phiscope::analyze::patching::tables_test
