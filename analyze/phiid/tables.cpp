// SPDX-License-Identifier: MIT
#include "phiid/tables.hpp"

#include "report/estimate_text.hpp"

namespace phiscope::analyze::phiid {
namespace {

using Row = std::vector<Cell>;

Cell cell(const Value& value) {
  if (value.ok()) return value.value();
  return Undefined{std::string(status_name(value.status()))};
}

Cell cell(std::size_t count) {
  return static_cast<std::int64_t>(count);
}

/// A rank from 1; 0 is none.
Cell rank_cell(std::size_t rank) {
  if (rank == 0) return Undefined{"no_pairs"};
  return cell(rank);
}

/// "ok", or why there is no interval.
Cell status_cell(const Estimate& estimate) {
  return std::string(status_name(first_reason(estimate.low.status(), estimate.high.status())));
}

void add(const Estimate& estimate, Row& row) {
  row.push_back(cell(estimate.value));
  row.push_back(cell(estimate.low));
  row.push_back(cell(estimate.high));
  row.push_back(status_cell(estimate));
}

std::vector<std::string> ranking_columns(const RunResult& run) {
  std::vector<std::string> names = {
      "head_idx",   "layer",           "head_in_layer", "avg_synergy",   "avg_redundancy",
      "syn_rank",   "red_rank",        "syn_balance",   "balance_score", "rank_difference_score",
      "tdmi_score", "autocorrelation", "head_norm",     "trend_share",   "n_pairs_ok",
      "status"};
  for (const Ranking ranking : rankings) {
    for (const char* end : {"_low", "_high", "_ci_status"}) {
      names.push_back(std::string(ranking_column(ranking)) + end);
    }
  }
  if (run.surrogates.surrogates == 0) return names;
  for (const std::string_view tested : tested_names) {
    for (const char* end : {"_z", "_p", "_p_family"}) names.push_back(std::string(tested) + end);
  }
  return names;
}

Table ranking_table(const RunResult& run) {
  Table table{.columns = ranking_columns(run), .rows = {}};
  const HeadScores& scores = run.scores;
  for (std::size_t head = 0; head < run.series.heads; ++head) {
    const bool ranked = scores.n_pairs[head] > 0;
    Row row = {run.input.flat_id(head),
               run.input.layers[run.input.layer_index(head)],
               cell(head % run.input.heads_per_layer),
               cell(scores.synergy[head]),
               cell(scores.redundancy[head]),
               rank_cell(scores.synergy_rank[head]),
               rank_cell(scores.redundancy_rank[head]),
               cell(scores.balance[head])};
    for (const Ranking ranking : rankings) row.push_back(cell(scores.of(ranking)[head]));
    row.push_back(cell(run.series.autocorrelation[head]));
    row.push_back(cell(run.series.level[head]));
    row.push_back(cell(run.series.trend[head]));
    row.push_back(cell(scores.n_pairs[head]));
    row.emplace_back(std::string(status_name(ranked ? Status::ok : Status::no_pairs)));
    for (const auto& intervals : run.intervals) {
      row.push_back(cell(intervals[head].low));
      row.push_back(cell(intervals[head].high));
      row.push_back(status_cell(intervals[head]));
    }
    for (const HeadTests& tests : run.surrogates.tests) {
      if (tests.heads.empty()) continue;
      row.push_back(cell(tests.heads[head].z));
      row.push_back(cell(tests.heads[head].p));
      row.push_back(cell(tests.family_p[head]));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// Rows of one profile: part, name, depth, estimate, heads.
void add_profile(const Profile& profile, const Row& begin, const Input& input, Table& table) {
  const auto add_row = [&](const char* part, Cell name, Cell depth, const Estimate& estimate,
                           Cell n_ok) {
    Row row = begin;
    row.emplace_back(profile.measure);
    row.emplace_back(std::string(part));
    row.push_back(std::move(name));
    row.push_back(std::move(depth));
    row.push_back(cell(estimate.value));
    row.push_back(std::move(n_ok));
    for (Cell& own : report::interval_cells(estimate)) row.push_back(std::move(own));
    table.rows.push_back(std::move(row));
  };
  const Undefined no_layer{"not_a_layer"};
  for (std::size_t layer = 0; layer < profile.layers.size(); ++layer) {
    add_row("layer", input.layers[layer], profile.depth[layer], profile.layers[layer],
            cell(profile.n_ok[layer]));
  }
  const auto add_number = [&](const char* part, const char* name, const Estimate& estimate) {
    add_row(part, std::string(name), no_layer, estimate, no_layer);
  };
  add_number("third", "first", profile.first);
  add_number("third", "middle", profile.middle);
  add_number("third", "last", profile.last);
  add_number("third", "middle_minus_outer", profile.contrast);
  add_number("quadratic", "curvature", profile.curvature);
  add_number("quadratic", "first_slope", profile.first_slope);
  add_number("quadratic", "last_slope", profile.last_slope);
  add_number("quadratic", "vertex", profile.vertex);
  add_number("quadratic", "r_squared", profile.explained);
}

Table correlation_table(const RunResult& run) {
  Table table;
  table.columns = {"over",
                   "first",
                   "second",
                   "given",
                   "n",
                   "spearman",
                   "spearman_low",
                   "spearman_high",
                   "spearman_ci_status",
                   "pearson",
                   "pearson_low",
                   "pearson_high",
                   "pearson_ci_status",
                   "ci_units",
                   "ci_covers"};
  for (const Correlation& one : run.correlations) {
    Row row = {one.over, one.first, one.second, one.given, cell(one.n)};
    add(one.spearman, row);
    add(one.pearson, row);
    row.push_back(cell(one.spearman.units));
    row.emplace_back(std::string(one.spearman.covers));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table graph_table(const RunResult& run) {
  Table table;
  table.columns = {"edges",
                   "heads",
                   "n_edges",
                   "mean_weight",
                   "global_efficiency",
                   "relative_efficiency",
                   "modularity",
                   "communities",
                   "layer_modularity"};
  for (const Graph& graph : run.graphs) {
    table.rows.push_back({graph.edges, cell(run.series.heads), cell(graph.n_edges),
                          cell(graph.mean_weight), cell(graph.global_efficiency),
                          cell(graph.relative_efficiency), cell(graph.modularity),
                          cell(graph.communities), cell(graph.layer_modularity)});
  }
  return table;
}

Table prompt_table(const RunResult& run) {
  Table table;
  table.columns = {"prompt",
                   "id",
                   "category",
                   "steps",
                   "loops",
                   "loop_period",
                   "tokens_after_end",
                   "unknown_share",
                   "constant_series",
                   "nonfinite_series"};
  for (std::size_t p = 0; p < run.prompts.size(); ++p) {
    const PromptDiagnosis& prompt = run.prompts[p];
    const Undefined unknown{"no_tokens"};
    table.rows.push_back(
        {cell(p), prompt.id, prompt.category, cell(prompt.steps),
         prompt.knows_loop ? Cell(std::int64_t{prompt.loop_period.has_value()}) : Cell(unknown),
         prompt.loop_period ? cell(*prompt.loop_period) : Cell(Undefined{"no_loop"}),
         prompt.after_end ? cell(*prompt.after_end) : Cell(unknown),
         prompt.unknown ? Cell(*prompt.unknown) : Cell(unknown), cell(prompt.constant),
         cell(prompt.nonfinite)});
  }
  return table;
}

Table broken_table(const RunResult& run) {
  Table table;
  table.columns = {"prompt", "id", "head_idx", "layer", "head_in_layer", "status"};
  for (const BrokenSeries& broken : run.series.broken) {
    table.rows.push_back(
        {cell(broken.prompt), run.prompts[broken.prompt].id, run.input.flat_id(broken.head),
         run.input.layers[run.input.layer_index(broken.head)],
         cell(broken.head % run.input.heads_per_layer), std::string(status_name(broken.status))});
  }
  return table;
}

}  // namespace

report::NamedTable profile_table(std::span<const RunResult> runs, bool several) {
  report::NamedTable result{
      .file = several ? "profiles.csv" : "profile.csv",
      .about =
          "One row per number of a profile over the layers: the mean over the heads of a layer "
          "or of a third of the layers, and the parabola through the layers' means by depth "
          "(0 at the first layer, 1 at the last one). The intervals are over prompts with the "
          "heads where they are: whether depth matters is tested in shape.csv",
      .table = {}};
  if (several) result.table.columns.emplace_back("run");
  for (const char* name : {"measure", "part", "name", "depth", "value", "n_heads_ok"}) {
    result.table.columns.emplace_back(name);
  }
  for (std::string& name : report::interval_columns()) {
    result.table.columns.push_back(std::move(name));
  }
  for (const RunResult& run : runs) {
    const Row begin = several ? Row{run.input.label} : Row{};
    for (const Profile& profile : run.profiles) {
      add_profile(profile, begin, run.input, result.table);
    }
  }
  return result;
}

std::vector<report::NamedTable> tables(const RunResult& run, const Options& options) {
  const std::string unit(options.unit());
  std::vector<report::NamedTable> result = {
      {"rankings.csv",
       "One row per head. avg_synergy and avg_redundancy: mean sts and rtr of its pairs, " + unit +
           "; syn_balance: mean of sts / (sts + rtr); scores in [0, 1], high is synergistic; _low "
           "and _high: 95 % bootstrap interval over prompts; trend_share: of the variance, what a "
           "line explains, mean over prompts; _z and _p: against surrogates, _p_family: corrected "
           "over the heads by the largest statistic. status is not ok when the head has no usable "
           "pair and therefore no score",
       ranking_table(run)},
      profile_table(std::span(&run, 1), false),
      shape_table(run),
      {"correlations.csv",
       "One row per pair of numbers, over heads or over pairs of heads; intervals by bootstrap "
       "over "
       "prompts, for synergy with redundancy over heads",
       correlation_table(run)},
      {"graph.csv",
       "One row a network of the heads whose edges are the pairs with sts or rtr above 0; "
       "mean_weight and global_efficiency in " +
           unit + ", relative_efficiency with weights over the largest one",
       graph_table(run)},
      {"diagnostics.csv",
       "One row per prompt. loops: 1 where the last 50 generated tokens repeat with a period of at "
       "most 25; tokens_after_end: steps after the first end-of-text token; unknown_share: of the "
       "prompt's tokens, what the model's vocabulary does not have",
       prompt_table(run)},
      {"undefined_series.csv",
       "One row a series (head, prompt) that cannot be decomposed by itself, and why",
       broken_table(run)},
  };
  add_comparison_tables(run, result);
  return result;
}

}  // namespace phiscope::analyze::phiid
