// SPDX-License-Identifier: MIT
#include "sampling/tables.hpp"

#include "report/estimate_text.hpp"
#include "report/table_parts.hpp"
#include "sampling/mean_cells.hpp"

#include <algorithm>
#include <iterator>

namespace phiscope::analyze::sampling {
namespace {

using report::append;
using report::columns;
using report::count_cell;
using report::TableRow;
using report::value_cell;

std::string score_name(Score score, Grader grader) {
  if (score == Score::strict) return "strict";
  if (score == Score::flexible) return "flexible";
  return std::string(grader_names[static_cast<std::size_t>(grader)]);
}

/// The scores without one that is said twice, where the chosen grader is strict or flexible.
std::vector<Score> scores_of(Grader grader) {
  std::vector<Score> scores;
  for (const Score score : all_scores) {
    if (score == Score::right || score_name(score, grader) != score_name(Score::right, grader)) {
      scores.push_back(score);
    }
  }
  return scores;
}

void add_rates(const Samples& run, const Grading& grading, const TableRow& start,
               const Options& options, Table& table) {
  for (std::size_t t = 0; t < run.temperatures.size(); ++t) {
    for (const Score score : scores_of(options.grader)) {
      const auto add = [&](const std::string& problem, const Rate& rate, std::size_t samples,
                           const Estimate& accuracy) {
        TableRow row = start;
        append(row, {problem, run.temperatures[t], score_name(score, options.grader),
                     count_cell(rate.right), count_cell(rate.graded), count_cell(samples),
                     value_cell(accuracy.value)});
        append(row, report::interval_cells(accuracy));
        table.rows.push_back(std::move(row));
      };
      const auto done = [&](std::size_t problem) {
        const auto& samples = run.samples[problem][t];
        return static_cast<std::size_t>(std::count_if(
            samples.begin(), samples.end(), [](const Sample& each) { return each.done; }));
      };
      std::size_t all = 0;
      for (std::size_t p = 0; p < run.samples.size(); ++p) all += done(p);
      add("all", grading.total(t, score), all, grading.accuracy(t, score, options).mean);
      for (std::size_t p = 0; p < run.samples.size(); ++p) {
        const Rate rate = grading.rate(p, t, score);
        add(run.info.problems[p].id, rate, done(p), rate.estimate());
      }
    }
  }
}

report::NamedTable dropped_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = {"run", "step", "problem", "status"};
  for (const Study& study : studies) {
    for (const RunInfo* info : study.runs()) {
      for (const Dropped& each : info->dropped) {
        table.rows.push_back(
            {study.label, std::string(step_name(info->step)), each.id, each.status});
      }
    }
  }
  return {"dropped.csv", "a problem that a step left out", std::move(table)};
}

TableRow test_cells(const LayerTest& test) {
  return {value_cell(test.difference), value_cell(test.p), value_cell(test.p_holm),
          value_cell(test.p_max), number_cell(test.least_p)};
}

void add_variance_tests(const Variance& result, Table& table) {
  const auto& run = result.run;
  const phiscope::Cell last = static_cast<std::int64_t>(run.checkpoints.back());
  for (std::size_t layer = 0; layer < result.axes.layers; ++layer) {
    TableRow row = {result.label,
                    "variance at the highest minus the lowest temperature above 0 (two-sided)",
                    run.info.layers[layer], last};
    append(row, test_cells(result.warmer[layer]));
    table.rows.push_back(std::move(row));
  }
  for (std::size_t c = 0; c < result.axes.checkpoints; ++c) {
    TableRow row = {
        result.label, "commitment minus its permuted value at the highest temperature (two-sided)",
        run.info.layers[run.info.target()], static_cast<std::int64_t>(run.checkpoints[c])};
    append(row, test_cells(result.commitment[c]));
    table.rows.push_back(std::move(row));
  }
}

report::NamedTable test_table(const std::vector<Study>& studies) {
  Table table;
  table.columns = {"run", "test",   "layer", "checkpoint", "difference",
                   "p",   "p_holm", "p_max", "least_p"};
  for (const Study& study : studies) {
    if (study.variance) add_variance_tests(*study.variance, table);
    if (!study.manifold) continue;
    const Manifold& result = *study.manifold;
    for (std::size_t layer = 0; layer < result.layers.size(); ++layer) {
      TableRow row = {result.label, "distance minus drift (two-sided)",
                      result.run.info.layers[layer], Undefined{"whole_text"}};
      append(row, test_cells(result.layers[layer].test));
      table.rows.push_back(std::move(row));
    }
  }
  return {"tests.csv",
          "a sign-flip test over problems of a difference (`difference`: its mean over problems), "
          "corrected over layers or checkpoints",
          std::move(table)};
}

}  // namespace

std::vector<report::NamedTable> grading_tables(const std::vector<Study>& studies,
                                               const Options& options) {
  Table table;
  table.columns = columns({"run", "step", "problem", "temperature", "grader", "n_right", "n_graded",
                           "n_samples", "accuracy"},
                          report::interval_columns());
  for (const Study& study : studies) {
    if (study.variance) {
      add_rates(study.variance->run, study.variance->grading, {study.label, "variance"}, options,
                table);
    }
    if (study.clusters) {
      add_rates(study.clusters->run, study.clusters->grading, {study.label, "clustering"}, options,
                table);
    }
  }
  return {{"grading.csv", "right answers of a problem, or of all, at a temperature", table}};
}

std::vector<report::NamedTable> tables(const std::vector<Study>& studies, const Options& options) {
  const auto has = [&studies](auto member) {
    return std::any_of(studies.begin(), studies.end(),
                       [member](const Study& study) { return (study.*member).has_value(); });
  };
  std::vector<report::NamedTable> all;
  const auto add = [&all](std::vector<report::NamedTable> more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
  };
  if (has(&Study::variance)) add(variance_tables(studies));
  if (has(&Study::variance) || has(&Study::clusters)) add(grading_tables(studies, options));
  if (has(&Study::manifold)) add(manifold_tables(studies));
  if (has(&Study::sensitivity)) add(sensitivity_tables(studies));
  if (has(&Study::attribution)) add(attribution_tables(studies));
  if (has(&Study::clusters)) add(cluster_tables(studies));
  add({test_table(studies), dropped_table(studies)});
  return all;
}

}  // namespace phiscope::analyze::sampling
