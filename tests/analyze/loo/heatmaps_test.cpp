// SPDX-License-Identifier: MIT
// Every cell of every map is a cell of a table.
#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "loo/figures.hpp"
#include "loo/tables.hpp"
#include "made_up_loo.hpp"

namespace phiscope::analyze::loo::heatmaps_test {

using figure::Heatmap;
using figure::Panel;
using test::condition_of;
using test::figure_of;
using test::made_up_loo_runs;
using test::table_of;
using test::TableRows;

namespace {

const std::vector<std::string> names = {"ratio", "energy", "cross_dist", "within_dist"};
const std::vector<std::string> titles = {"separation ratio", "Dirichlet energy", "cross distance",
                                         "within distance"};

std::vector<std::string> layer_labels(const RunResult& run) {
  std::vector<std::string> labels;
  for (const auto layer : run.info.layers) {
    labels.push_back(layer == -1 ? "embed" : std::to_string(layer));
  }
  return labels;
}

TableRows influence_rows(const std::vector<RunResult>& runs) {
  return {table_of(tables(runs), "loo.csv"),
          {"run", "condition", "n", "layer", "position_type", "pairs", "scale", "metric"}};
}

/// A row of panels: bridge and anchor of each condition, for one run and metric.
void check_row(std::span<const Panel> row, const RunResult& run,
               const std::vector<std::string>& conditions, const std::string& metric,
               const TableRows& rows) {
  REQUIRE(row.size() == 2 * conditions.size());
  double largest = 0.0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string& condition = conditions[i / 2];
    const std::string type = i % 2 == 0 ? "bridge" : "anchor";
    CAPTURE(metric, condition, type);
    CHECK(row[i].title == condition + ", " + type);
    CHECK(row[i].y_label == (i == 0 ? "layer" : ""));
    const auto* map = std::get_if<Heatmap>(&row[i].content);
    CHECK((map != nullptr) == condition_of(run, condition).has_value());
    if (map == nullptr) continue;
    CHECK(map->map == figure::Colormap::diverging);
    CHECK(map->is_log);
    CHECK(map->draw_y_labels == (i == 0));
    CHECK(map->color_label == (i + 1 == row.size() ? "influence" : ""));
    CHECK(map->x_labels == std::vector<std::string>{"6", "10", "20"});
    CHECK(map->y_labels == layer_labels(run));
    REQUIRE(map->values.size() == 3 * run.info.layers.size());
    for (std::size_t cell = 0; cell < map->values.size(); ++cell) {
      const std::vector<std::string> key = {run.label,
                                            condition,
                                            map->x_labels[cell % 3],
                                            std::to_string(run.info.layers[cell / 3]),
                                            type,
                                            "own",
                                            "absolute",
                                            metric + "_influence"};
      const auto expected = rows.number(key, "mean");
      CHECK(map->values[cell] == expected);
      const auto low = rows.number(key, "ci_low");
      const auto high = rows.number(key, "ci_high");
      CHECK(map->marked[cell] == (low && high && *low * *high > 0.0));
      largest = std::max(largest, std::abs(expected.value_or(0.0)));
    }
  }
  for (const Panel& panel : row) {
    if (const auto* map = std::get_if<Heatmap>(&panel.content)) CHECK(map->limit == largest);
  }
}

}  // namespace

TEST_CASE("the map of each metric is the mean of loo.csv, one row per run", "[heatmaps]") {
  const auto runs = made_up_loo_runs();
  const auto all = figures(runs);
  const TableRows rows = influence_rows(runs);
  for (std::size_t m = 0; m < 4; ++m) {
    const auto& figure = figure_of(all, "heatmap_" + names[m] + "_influence");
    CHECK(figure.title == "Influence of a position on the " + titles[m]);
    CHECK(figure.source ==
          "loo.csv (own pairs, absolute scale); runs: keep (sink keep), drop (sink drop)");
    CHECK(figure.row_titles == std::vector<std::string>{"keep (sink keep)", "drop (sink drop)"});
    CHECK(figure.columns == 6);
    REQUIRE(figure.panels.size() == 12);
    for (std::size_t r = 0; r < 2; ++r) {
      check_row(std::span(figure.panels).subspan(6 * r, 6), runs[r],
                {"semantic", "unrelated", "other"}, names[m], rows);
      CHECK(figure.panels[6 * r].x_label == (r == 1 ? "context length N" : ""));
    }
  }
}

TEST_CASE("the map of all metrics has one row per metric", "[heatmaps]") {
  const auto runs = made_up_loo_runs();
  const auto all = figures(runs);
  const TableRows rows = influence_rows(runs);
  for (const RunResult& run : runs) {
    const auto& figure = figure_of(all, "heatmap_all_metrics_" + run.label);
    CHECK(figure.title == "Influence of a position on four metrics: " + describe(run));
    CHECK(figure.source == "loo.csv (own pairs, absolute scale); runs: " + describe(run));
    REQUIRE(figure.panels.size() == 16);
    REQUIRE(figure.row_titles.size() == 4);
    for (std::size_t m = 0; m < 4; ++m) {
      CHECK(figure.row_titles[m] == "influence on the " + titles[m]);
      CHECK(figure.panels[4 * m].x_label == (m == 3 ? "context length N" : ""));
      check_row(std::span(figure.panels).subspan(4 * m, 4), run,
                {run.info.conditions[0].name, run.info.conditions[1].name}, names[m], rows);
    }
  }
  CHECK(heatmaps({runs[0]}).front().name == "heatmap_all_metrics");  // one run needs no name
}

TEST_CASE("rank correlations are those of correlations.csv over all lengths", "[heatmaps]") {
  const auto runs = made_up_loo_runs();
  const auto all = figures(runs);
  const auto& figure = figure_of(all, "heatmap_rank_correlation");
  const TableRows rows(table_of(tables(runs), "correlations.csv"),
                       {"run", "condition", "n", "layer", "metric_a", "metric_b"});
  const std::vector<std::pair<std::size_t, std::size_t>> pairs = {{0, 1}, {0, 2}, {0, 3},
                                                                  {1, 2}, {1, 3}, {2, 3}};
  CHECK(figure.title == "Rank correlation between the metrics' influences");
  CHECK(figure.source == "correlations.csv");
  CHECK(figure.row_titles == std::vector<std::string>{"keep (sink keep)", "drop (sink drop)"});
  const std::vector<std::string> conditions = {"semantic", "unrelated", "other"};
  REQUIRE(figure.panels.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    const RunResult& run = runs[i / 3];
    const std::string& condition = conditions[i % 3];
    CAPTURE(run.label, condition);
    CHECK(figure.panels[i].title == condition);
    CHECK(figure.panels[i].y_label == (i % 3 == 0 ? "layer" : ""));
    const auto* map = std::get_if<Heatmap>(&figure.panels[i].content);
    CHECK((map != nullptr) == condition_of(run, condition).has_value());
    if (map == nullptr) continue;
    CHECK(map->limit == 1.0);
    CHECK(map->map == figure::Colormap::diverging);
    CHECK(map->y_labels == layer_labels(run));
    CHECK(map->x_labels == std::vector<std::string>{"ratio, energy", "ratio, cross",
                                                    "ratio, within", "energy, cross",
                                                    "energy, within", "cross, within"});
    REQUIRE(map->values.size() == 6 * run.info.layers.size());
    for (std::size_t cell = 0; cell < map->values.size(); ++cell) {
      const auto& [a, b] = pairs[cell % 6];
      CHECK(map->values[cell] ==
            rows.number({run.label, condition, "", std::to_string(run.info.layers[cell / 6]),
                         names[a] + "_influence", names[b] + "_influence"},
                        "rank_correlation"));
    }
  }
}

}  // namespace phiscope::analyze::loo::heatmaps_test
