// SPDX-License-Identifier: MIT
#include "patching/tables.hpp"

#include "patching/checks.hpp"
#include "report/estimate_text.hpp"
#include "report/table_parts.hpp"

#include <phiscope/sum.hpp>

#include <array>
#include <string>
#include <utility>

namespace phiscope::analyze::patching {
namespace {

using TableCell = phiscope::Cell;
using report::append;
using report::columns;
using report::count_cell;
using report::TableRow;
using report::value_cell;

/// Why a measure can be undefined, in the order of the columns.
constexpr std::array<Status, 3> reasons = {Status::no_gap, Status::nonfinite, Status::too_few_rows};

std::vector<std::string> site_columns() {
  return {"run", "mode", "set", "layer", "head", "step"};
}

TableRow site_cells(const Result& result, const Site& site) {
  const Patching& data = result.data;
  return {result.label,
          data.modes[site.mode],
          data.sets[site.set],
          site.layer,
          data.has_heads ? TableCell(site.head) : TableCell(Undefined{"whole_layer"}),
          data.has_steps(site.set) ? TableCell(site.step) : TableCell(Undefined{"several_steps"})};
}

std::vector<std::string> mean_columns() {
  std::vector<std::string> names = columns({"mean"}, report::interval_columns());
  names.emplace_back("n_pairs");
  names.emplace_back("n_ok");
  for (const Status reason : reasons) names.emplace_back(status_name(reason));
  return names;
}

TableRow mean_cells(const Cell& cell) {
  TableRow row = {value_cell(cell.mean.value)};
  append(row, report::interval_cells(cell.mean));
  append(row, {count_cell(cell.count), count_cell(cell.defined())});
  for (const Status reason : reasons) {
    const auto found = cell.undefined.find(reason);
    row.push_back(count_cell(found == cell.undefined.end() ? 0 : found->second));
  }
  return row;
}

std::vector<std::string> test_columns() {
  return {"p", "p_holm", "p_max", "least_p_max"};
}

TableRow test_cells(const SiteTest* test) {
  if (test == nullptr) {
    const TableCell none = Undefined{"not_tested"};
    return {none, none, none, none};
  }
  return {value_cell(test->p), value_cell(test->p_holm), value_cell(test->p_max),
          number_cell(test->least_p)};
}

/// The test of a measure at a site, or nothing where it is not tested.
const SiteTest* test_of(const Result& result, std::size_t group, std::size_t site,
                        Measure measure) {
  for (std::size_t of = 0; of < tested.size(); ++of) {
    if (tested[of] == measure) return &result.test(group, site, of);
  }
  return nullptr;
}

Table site_table(const std::vector<Result>& results) {
  Table table;
  table.columns = columns(site_columns(), {"difficulty", "measure"});
  table.columns = columns(columns(table.columns, mean_columns()), test_columns());
  for (const Result& result : results) {
    for (std::size_t group = 0; group < result.groups.size(); ++group) {
      for (std::size_t site = 0; site < result.data.sites.size(); ++site) {
        for (const Measure measure : all_measures()) {
          TableRow row = site_cells(result, result.data.sites[site]);
          append(row, {result.groups[group].name, std::string(measure_name(measure))});
          append(row, mean_cells(result.cell(group, site, measure)));
          append(row, test_cells(test_of(result, group, site, measure)));
          table.rows.push_back(std::move(row));
        }
      }
    }
  }
  return table;
}

TableCell id_cell(const nlohmann::ordered_json& id) {
  if (id.is_string()) return id.get<std::string>();
  return id.get<std::int64_t>();
}

TableCell steps_cell(const std::optional<std::int64_t>& steps) {
  if (steps) return *steps;
  return Undefined{"not_said"};
}

Table pair_table(const std::vector<Result>& results) {
  Table table;
  table.columns = columns(site_columns(), {"pair_id", "reasoning_steps"});
  for (const Measure measure : all_measures()) table.columns.emplace_back(measure_name(measure));
  table.columns.emplace_back("greedy_answer");
  for (const Result& result : results) {
    for (const std::size_t pair : result.groups.front().pairs) {
      for (std::size_t site = 0; site < result.data.sites.size(); ++site) {
        TableRow row = site_cells(result, result.data.sites[site]);
        append(row, {id_cell(result.data.pairs[pair].id),
                     steps_cell(result.data.pairs[pair].clean.steps)});
        for (const Value& value : result.measured[pair][site].values) {
          row.push_back(value_cell(value));
        }
        const auto& greedy = result.data.rows[pair].greedy;
        row.push_back(site < greedy.size() && greedy[site]
                          ? TableCell(std::string(greedy_answer_name(*greedy[site])))
                          : TableCell(Undefined{"not_known"}));
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

/// Mean of one reduced number over the pairs that have the read-out.
TableCell row_mean(const std::vector<Row>& rows, double Row::*member) {
  CompensatedSum sum;
  for (const Row& row : rows) sum += row.*member;
  if (rows.empty()) return Undefined{"no_pairs"};
  return number_cell(sum.value() / static_cast<double>(rows.size()));
}

Table readout_table(const std::vector<Result>& results) {
  Table table;
  table.columns = columns(site_columns(),
                          {"readout", "n_pairs", "kl_divergence", "kl_from_baseline",
                           "prediction_change_rate", "l2", "token_score", "token_log_probability"});
  for (const Result& result : results) {
    const Patching& data = result.data;
    for (std::size_t site = 0; site < data.sites.size(); ++site) {
      for (std::size_t readout = 0; readout < data.readouts.size(); ++readout) {
        std::vector<Row> rows;
        rows.reserve(data.rows.size());
        for (const std::size_t pair : result.groups.front().pairs) {
          const auto& row = data.rows[pair].sites[site][readout];
          if (row) rows.push_back(*row);
        }
        TableRow cells = site_cells(result, data.sites[site]);
        append(cells,
               {data.readouts[readout].name, count_cell(rows.size()),
                row_mean(rows, &Row::reverse_kl), row_mean(rows, &Row::kl),
                row_mean(rows, &Row::prediction_changed), row_mean(rows, &Row::l2),
                row_mean(rows, &Row::token_score), row_mean(rows, &Row::token_log_probability)});
        table.rows.push_back(std::move(cells));
      }
    }
  }
  return table;
}

Table layer_table(const std::vector<Result>& results) {
  Table table;
  table.columns = columns({"run", "mode", "set", "layer", "measure"}, mean_columns());
  for (const Result& result : results) {
    for (const LayerMean& layer : result.layers) {
      for (const Measure measure : all_measures()) {
        TableRow row = {result.label, result.data.modes[layer.mode], result.data.sets[layer.set],
                        layer.layer, std::string(measure_name(measure))};
        append(row, mean_cells(layer.cells[static_cast<std::size_t>(measure)]));
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

TableCell text_cell(const nlohmann::ordered_json& answer) {
  return answer.is_string() ? answer.get<std::string>() : answer.dump();
}

TableRow score_cells(const Scores& scores) {
  return {value_cell(scores.clean_logit), value_cell(scores.corrupted_logit),
          value_cell(scores.clean), value_cell(scores.corrupted),
          value_cell(scores.answer_difference())};
}

Table baseline_table(const std::vector<Result>& results) {
  Table table{.columns = {"run", "pair_id", "reasoning_steps", "clean_answer", "corrupted_answer",
                          "complete"},
              .rows = {}};
  for (const char* of : {"clean_run_", "corrupted_run_"}) {
    for (const char* score : {"clean_answer_score", "corrupted_answer_score", "clean_score",
                              "corrupted_score", "answer_diff"}) {
      table.columns.push_back(std::string(of) + score);
    }
  }
  table.columns.emplace_back("recovery_status");
  for (const Result& result : results) {
    const Patching& data = result.data;
    for (std::size_t i = 0; i < data.pairs.size(); ++i) {
      const Pair& pair = data.pairs[i];
      const Scores clean = scores_of(data.rows[i].clean, data.readouts);
      const Scores unpatched = scores_of(data.rows[i].unpatched, data.readouts);
      const Value own = unpatched.answer_difference();
      TableRow row = {result.label,
                      id_cell(pair.id),
                      steps_cell(pair.clean.steps),
                      text_cell(pair.clean.answer),
                      text_cell(pair.corrupted.answer),
                      std::string(data.rows[i].complete ? "yes" : "no")};
      append(row, score_cells(clean));
      append(row, score_cells(unpatched));
      row.emplace_back(
          std::string(status_name(recovery(own, own, clean.answer_difference()).status())));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

Table dropped_table(const std::vector<Result>& results) {
  Table table{.columns = {"run", "pair_id", "status"}, .rows = {}};
  for (const Result& result : results) {
    for (const Dropped& dropped : result.data.dropped) {
      table.rows.push_back({result.label, id_cell(dropped.id), dropped.status});
    }
    for (std::size_t pair = 0; pair < result.data.pairs.size(); ++pair) {
      if (result.data.rows[pair].complete) continue;
      table.rows.push_back(
          {result.label, id_cell(result.data.pairs[pair].id), std::string("unfinished")});
    }
  }
  return table;
}

Table check_table(const std::vector<Result>& results) {
  Table table{.columns = {"run", "check", "outcome", "found"}, .rows = {}};
  for (const Result& result : results) {
    for (const Check& check : checklist(result)) {
      table.rows.push_back(
          {result.label, check.name, std::string(outcome_name(check.outcome)), check.found});
    }
  }
  return table;
}

Table greedy_table(const std::vector<Result>& results) {
  Table table;
  table.columns = columns(site_columns(), {"difficulty", "flipped_to_clean", "other_number",
                                           "unchanged", "no_number", "n_known", "n_unknown"});
  for (const Result& result : results) {
    for (const Group& group : result.groups) {
      for (std::size_t site = 0; site < result.data.sites.size(); ++site) {
        std::vector<std::optional<GreedyAnswer>> answers;
        answers.reserve(group.pairs.size());
        for (const std::size_t pair : group.pairs) {
          const auto& greedy = result.data.rows[pair].greedy;
          answers.push_back(site < greedy.size() ? greedy[site] : std::nullopt);
        }
        const GreedyCounts counts = count_greedy(answers);
        if (counts.known() == 0) continue;
        TableRow row = site_cells(result, result.data.sites[site]);
        row.emplace_back(group.name);
        for (const std::size_t count : counts.of) row.push_back(count_cell(count));
        append(row, {count_cell(counts.known()), count_cell(counts.absent)});
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

Table comparison_table(const std::vector<Result>& results,
                       const std::vector<Comparison>& comparisons) {
  Table table;
  table.columns = columns(columns({"against"}, site_columns()), {"measure"});
  table.columns = columns(columns(table.columns, mean_columns()), test_columns());
  for (const Comparison& each : comparisons) {
    TableRow row = {results[each.run].label};
    append(row, site_cells(results.front(), results.front().data.sites[each.site]));
    row.emplace_back(std::string(measure_name(each.measure)));
    append(row, mean_cells(each.difference));
    append(row, test_cells(&each.test));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

std::vector<report::NamedTable> tables(const std::vector<Result>& results,
                                       const std::vector<Comparison>& comparisons) {
  std::vector<report::NamedTable> all = {
      {"patching.csv",
       "means over pairs, one row per site, difficulty and measure, with intervals and tests",
       site_table(results)},
      {"pairs.csv", "one row per pair and site, all measures", pair_table(results)},
      {"readouts.csv", "means over pairs at each read-out, one row per site and read-out",
       readout_table(results)},
      {"layers.csv", "means over the steps and heads of a layer, then over pairs",
       layer_table(results)},
      {"baselines.csv", "one row per pair: scores of both answers in the runs without a patch",
       baseline_table(results)},
      {"dropped.csv", "one row per pair that is in no result, and why", dropped_table(results)},
      {"checks.csv", "the checklist, one row per run and check", check_table(results)}};
  if (Table greedy = greedy_table(results); !greedy.rows.empty()) {
    all.push_back({"greedy.csv", "free answers of the patched runs, counts of pairs per site",
                   std::move(greedy)});
  }
  if (results.size() > 1) {
    all.push_back({"comparisons.csv",
                   "the first run minus another one, pair by pair, one row per site and measure",
                   comparison_table(results, comparisons)});
  }
  return all;
}

}  // namespace phiscope::analyze::patching
