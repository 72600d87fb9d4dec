// SPDX-License-Identifier: MIT
#include "steps/tables.hpp"

#include "report/estimate_text.hpp"
#include "report/table_parts.hpp"
#include "steps/checks.hpp"

#include <phiscope/problem_difficulty.hpp>
#include <phiscope/sum.hpp>

#include <array>
#include <string>
#include <utility>

namespace phiscope::analyze::steps {
namespace {

using report::append;
using report::columns;
using report::count_cell;
using report::TableRow;
using report::value_cell;
using TableCell = phiscope::Cell;

/// run, layer, step_set, step
TableRow lane_cells(const Result& result, const Lane& lane) {
  return {result.label, lane.layer < 0 ? TableCell(Undefined{"no_layer"}) : TableCell(lane.layer),
          std::string(kind_name(lane.kind)),
          lane.kind == Kind::baseline ? TableCell(Undefined{"no_step"}) : TableCell(lane.step)};
}

/// The columns of lane_cells(), then more.
std::vector<std::string> lane_columns(const std::vector<std::string>& more) {
  return columns({"run", "layer", "step_set", "step"}, more);
}

/// NAME_ci_low, NAME_ci_high
void add_ends(TableRow& row, const Estimate& estimate) {
  append(row, {value_cell(estimate.low), value_cell(estimate.high)});
}

const Test* baseline_test(const Result& result, std::size_t group, std::size_t lane) {
  for (const Test& test : result.tests) {
    if (test.contrast == Contrast::baseline && test.group == group && test.at == lane) return &test;
  }
  return nullptr;
}

std::vector<std::string> step_columns() {
  return lane_columns({"stratum",
                       "part",
                       "n",
                       "n_right",
                       "baseline_accuracy",
                       "accuracy",
                       "importance",
                       "ci_low",
                       "ci_high",
                       "repaired",
                       "kl",
                       "log_probability_drop",
                       "perplexity",
                       "n_wrong",
                       "n_broken",
                       "n_repaired",
                       "n_no_number",
                       "n_unknown",
                       "accuracy_ci_low",
                       "accuracy_ci_high",
                       "repaired_ci_low",
                       "repaired_ci_high",
                       "kl_ci_low",
                       "kl_ci_high",
                       "kl_from_baseline",
                       "kl_from_baseline_ci_low",
                       "kl_from_baseline_ci_high",
                       "log_probability_drop_ci_low",
                       "log_probability_drop_ci_high",
                       "perplexity_ci_low",
                       "perplexity_ci_high",
                       "prediction_change_rate",
                       "n_scored",
                       "p",
                       "p_holm"});
}

/// A row of steps.csv. @param is_baseline  importance and divergences say nothing there
TableRow step_cells(const Group& group, const Cell& cell, bool is_baseline, const Test* test) {
  const Counts& counts = cell.counts;
  const auto unless = [is_baseline](TableCell value) {
    return is_baseline ? TableCell(Undefined{"baseline"}) : std::move(value);
  };
  const auto mean = [&](Measure measure) -> const Estimate& { return cell.mean(measure).mean; };
  const Estimate perplexity = cell.perplexity();
  const Value baseline =
      counts.known() == 0
          ? Value(Status::too_few_rows)
          : Value(static_cast<double>(counts.baseline_right) / static_cast<double>(counts.known()));
  TableRow row = {group.name,
                  std::string(part_name(group.part)),
                  count_cell(counts.problems),
                  count_cell(counts.baseline_right),
                  value_cell(baseline),
                  value_cell(cell.accuracy.value),
                  unless(value_cell(cell.importance.value)),
                  unless(value_cell(cell.importance.low)),
                  unless(value_cell(cell.importance.high)),
                  unless(value_cell(cell.repaired.value)),
                  unless(value_cell(mean(Measure::kl).value)),
                  unless(value_cell(mean(Measure::log_probability_drop).value)),
                  value_cell(perplexity.value),
                  count_cell(counts.baseline_wrong()),
                  unless(count_cell(counts.broken)),
                  unless(count_cell(counts.repaired)),
                  count_cell(counts.no_number),
                  count_cell(counts.unknown)};
  add_ends(row, cell.accuracy);
  TableRow rest;
  add_ends(rest, cell.repaired);
  add_ends(rest, mean(Measure::kl));
  rest.push_back(value_cell(mean(Measure::kl_from_baseline).value));
  add_ends(rest, mean(Measure::kl_from_baseline));
  add_ends(rest, mean(Measure::log_probability_drop));
  for (TableCell& each : rest) row.push_back(unless(std::move(each)));
  add_ends(row, perplexity);
  row.push_back(unless(value_cell(mean(Measure::prediction_change_rate).value)));
  row.push_back(count_cell(cell.mean(Measure::surprisal).defined()));
  const TableCell untested = Undefined{"not_tested"};
  append(row, {test ? value_cell(test->p) : untested, test ? value_cell(test->p_holm) : untested});
  return row;
}

Table step_table(const std::vector<Result>& results) {
  Table table{.columns = step_columns(), .rows = {}};
  for (const Result& result : results) {
    for (std::size_t group = 0; group < result.groups.size(); ++group) {
      const Group& of = result.groups[group];
      TableRow row = lane_cells(result, {});
      append(row, step_cells(of, of.baseline, true, nullptr));
      table.rows.push_back(std::move(row));
      for (std::size_t lane = 0; lane < result.data.lanes.size(); ++lane) {
        row = lane_cells(result, result.data.lanes[lane]);
        append(row,
               step_cells(of, result.cell(group, lane), false, baseline_test(result, group, lane)));
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

Table test_table(const std::vector<Result>& results) {
  Table table;
  table.columns = lane_columns({"against", "stratum", "n", "effect"});
  table.columns = columns(table.columns, report::interval_columns());
  table.columns = columns(table.columns, {"first_only", "second_only", "p", "p_holm", "least_p"});
  for (const Result& result : results) {
    for (const Test& test : result.tests) {
      TableRow row = lane_cells(result, test.lane);
      const bool is_table =
          test.contrast == Contrast::baseline || test.contrast == Contrast::next_step;
      if (!test.at) row.back() = Undefined{"first_half"};
      append(row, {std::string(contrast_name(test.contrast)), result.groups[test.group].name,
                   count_cell(test.units), value_cell(test.effect.value)});
      append(row, report::interval_cells(test.effect));
      const auto count = [&](std::size_t number) {
        return is_table ? count_cell(number) : TableCell(Undefined{"no_table"});
      };
      append(row, {count(test.first_only), count(test.second_only), value_cell(test.p),
                   value_cell(test.p_holm), number_cell(test.least_p)});
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

std::string grade_text(const std::optional<Grade>& grade) {
  if (!grade) return "unknown";
  return *grade == Grade::right ? "right" : *grade == Grade::wrong ? "wrong" : "no_number";
}

TableCell answer_cell(const std::optional<std::string>& text) {
  if (text) return *text;
  return Undefined{"unknown"};
}

TableRow problem_cells(const Result& result, std::size_t i) {
  const Problem& problem = result.data.problems[i];
  return {id_text(problem.id), std::string(part_name(problem.part)),
          problem.stratum ? TableCell(std::string(stratum_names[*problem.stratum]))
                          : TableCell(Undefined{"unknown"}),
          problem.steps ? TableCell(*problem.steps) : TableCell(Undefined{"unknown"}),
          problem.gold_text};
}

Table problem_table(const std::vector<Result>& results) {
  Table table;
  table.columns = lane_columns(
      {"problem_id", "part", "stratum", "reasoning_steps", "gold", "baseline", "grade", "answer"});
  for (const Measure measure : all_measures()) table.columns.emplace_back(measure_name(measure));
  for (const Result& result : results) {
    const Steps& data = result.data;
    for (std::size_t i = 0; i < data.problems.size(); ++i) {
      if (!data.rows[i].complete) continue;
      const auto add = [&](const Lane& lane, const std::optional<Grade>& grade,
                           const std::optional<std::string>& text, const Measured& measured) {
        TableRow row = lane_cells(result, lane);
        append(row, problem_cells(result, i));
        append(row, {grade_text(result.graded[i].baseline), grade_text(grade), answer_cell(text)});
        for (const Value& value : measured) row.push_back(value_cell(value));
        table.rows.push_back(std::move(row));
      };
      add({}, result.graded[i].baseline, data.rows[i].baseline_text, result.baselines[i]);
      for (std::size_t lane = 0; lane < data.lanes.size(); ++lane) {
        add(data.lanes[lane], result.graded[i].lanes[lane], data.rows[i].texts[lane],
            result.measured[i][lane]);
      }
    }
  }
  return table;
}

/// Mean of one reduced number over the problems that have the read-out.
TableCell readout_mean(const std::vector<Row>& rows, double Row::*member) {
  CompensatedSum sum;
  for (const Row& row : rows) sum += row.*member;
  if (rows.empty()) return Undefined{"no_problems"};
  return number_cell(sum.value() / static_cast<double>(rows.size()));
}

Table readout_table(const std::vector<Result>& results) {
  Table table;
  table.columns = lane_columns({"readout", "n_problems", "kl", "kl_from_baseline",
                                "prediction_change_rate", "token_score", "token_log_probability"});
  for (const Result& result : results) {
    const Steps& data = result.data;
    // One more: the baseline, at the end.
    for (std::size_t lane = 0; lane <= data.lanes.size(); ++lane) {
      const bool is_baseline = lane == data.lanes.size();
      for (std::size_t readout = 0; readout < data.readouts.size(); ++readout) {
        std::vector<Row> rows;
        rows.reserve(result.groups.front().problems.size());
        for (const std::size_t i : result.groups.front().problems) {
          const Rows& of = is_baseline ? data.rows[i].baseline : data.rows[i].lanes[lane];
          if (readout < of.size() && of[readout]) rows.push_back(*of[readout]);
        }
        TableRow cells = lane_cells(result, is_baseline ? Lane{} : data.lanes[lane]);
        append(cells,
               {data.readouts[readout], count_cell(rows.size()),
                readout_mean(rows, &Row::reverse_kl), readout_mean(rows, &Row::kl),
                readout_mean(rows, &Row::prediction_changed), readout_mean(rows, &Row::token_score),
                readout_mean(rows, &Row::token_log_probability)});
        table.rows.push_back(std::move(cells));
      }
    }
  }
  return table;
}

Table strata_table(const std::vector<Result>& results) {
  Table table{.columns = {"run", "stratum", "available", "sweep", "validation"}, .rows = {}};
  for (const Result& result : results) {
    for (const Source& source : result.data.sources) {
      for (const StratumCount& stratum : source.strata) {
        table.rows.push_back({source.name, stratum.stratum, count_cell(stratum.available),
                              count_cell(stratum.sweep), count_cell(stratum.validation)});
      }
    }
  }
  return table;
}

Table dropped_table(const std::vector<Result>& results) {
  Table table{.columns = {"run", "problem_id", "status"}, .rows = {}};
  for (const Result& result : results) {
    for (const Dropped& dropped : result.data.dropped) {
      table.rows.push_back({result.label, dropped.id, dropped.status});
    }
    for (std::size_t i = 0; i < result.data.problems.size(); ++i) {
      if (result.data.rows[i].complete) continue;
      table.rows.push_back(
          {result.label, id_text(result.data.problems[i].id), std::string("unfinished")});
    }
  }
  return table;
}

Table check_table(const std::vector<Result>& results, const Options& options) {
  Table table{.columns = {"run", "check", "outcome", "found"}, .rows = {}};
  for (const Result& result : results) {
    for (const auto& checks : {checklist(result), criteria(result, options)}) {
      for (const Check& check : checks) {
        table.rows.push_back({result.label, check.name,
                              std::string(report::outcome_name(check.outcome)), check.found});
      }
    }
  }
  return table;
}

}  // namespace

std::vector<report::NamedTable> tables(const std::vector<Result>& results, const Options& options) {
  return {
      {"steps.csv", "rates and means over problems, one row per layer, step set, step and stratum",
       step_table(results)},
      {"tests.csv", "one row per test, corrected together", test_table(results)},
      {"problems.csv", "one row per problem, layer, step set and step", problem_table(results)},
      {"readouts.csv", "means over problems at each read-out", readout_table(results)},
      {"strata.csv", "problems of each stratum that the file has and that were drawn",
       strata_table(results)},
      {"dropped.csv", "one row per problem that is in no result, and why", dropped_table(results)},
      {"checks.csv", "the checklist, one row per run and check", check_table(results, options)}};
}

}  // namespace phiscope::analyze::steps
