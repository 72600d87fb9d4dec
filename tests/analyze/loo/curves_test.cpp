// SPDX-License-Identifier: MIT
// Every curve is a column of a table: values, bands, names, axes.
#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "figure/scale.hpp"
#include "loo/figures.hpp"
#include "loo/tables.hpp"
#include "made_up_loo.hpp"

namespace phiscope::analyze::loo::curves_test {

using figure::Lines;
using figure::Panel;
using figure::Series;
using test::condition_of;
using test::figure_of;
using test::made_up_loo_runs;
using test::table_of;
using test::TableRows;

namespace {

const std::vector<std::string> conditions = {"semantic", "unrelated", "other"};

const Lines& lines_of(const Panel& panel) {
  return std::get<Lines>(panel.content);
}

/// The curve of one run and length is the row of each layer in `rows`.
/// @param rest  what follows run, condition, n and layer in the key
void check_curve(const Series& series, const RunResult& run, const std::string& condition,
                 std::int64_t n, const TableRows& rows, const std::vector<std::string>& rest,
                 const std::string& mean) {
  CAPTURE(series.name);
  CHECK(series.name == run.label + ", N = " + std::to_string(n));
  REQUIRE(series.x.size() == run.info.layers.size());
  REQUIRE(series.y.size() == series.x.size());
  const bool has_band = n == 6 || n == 20;  // the shortest and the longest contexts
  REQUIRE(series.low.size() == (has_band ? series.x.size() : 0));
  REQUIRE(series.high.size() == series.low.size());
  for (std::size_t l = 0; l < series.x.size(); ++l) {
    CHECK(series.x[l] == static_cast<double>(run.info.layers[l]));
    std::vector<std::string> key = {run.label, condition, std::to_string(n),
                                    std::to_string(run.info.layers[l])};
    key.insert(key.end(), rest.begin(), rest.end());
    CHECK(series.y[l] == rows.number(key, mean));
    if (!has_band) continue;
    CHECK(series.low[l] == rows.number(key, "ci_low"));
    CHECK(series.high[l] == rows.number(key, "ci_high"));
  }
}

/// The panel has one curve per length if the run has the condition.
void check_panel(const Panel& panel, const RunResult& run, const std::string& condition,
                 const TableRows& rows, const std::vector<std::string>& rest,
                 std::size_t mixing_lines = 0, const std::string& mean = "mean") {
  const Lines& lines = lines_of(panel);
  std::size_t curve = 0;
  if (condition_of(run, condition)) {
    for (std::size_t n = 0; n < run.lengths.size(); ++n) {
      REQUIRE(curve < lines.series.size());
      const Series& series = lines.series[curve++];
      check_curve(series, run, condition, run.lengths[n], rows, rest, mean);
      CHECK(series.color == figure::sequential_color(n, 3));
      CHECK(series.dash == 0);
    }
  }
  CHECK(curve + mixing_lines == lines.series.size());
}

/// The last curves of a ratio panel are level lines at what mixing.csv has.
void check_mixing(const Panel& panel, const std::vector<RunResult>& runs, const RunResult& run,
                  const std::string& condition, bool relative) {
  const TableRows rows(table_of(tables(runs), "mixing.csv"), {"run", "condition", "n", "layer"});
  const auto& all = lines_of(panel).series;
  std::size_t at = 0;
  if (condition_of(run, condition)) {
    at = 3;
    for (std::size_t n = 0; n < run.lengths.size(); ++n) {
      REQUIRE(at < all.size());
      const Series& line = all[at++];
      CHECK(line.name == run.label + ", neighbour mixing, N = " + std::to_string(run.lengths[n]));
      CHECK(line.dash == 3);
      CHECK(line.color == figure::sequential_color(n, 3));
      for (std::size_t l = 0; l < line.x.size(); ++l) {
        CHECK(line.y[l] == rows.number({run.label, condition, std::to_string(run.lengths[n]),
                                        std::to_string(run.info.layers[l])},
                                       relative ? "mixing_relative_to_embedding" : "mixing_ratio"));
      }
    }
  }
  CHECK(at == all.size());
}

std::vector<std::string> legend_texts(const figure::Figure& figure) {
  std::vector<std::string> texts;
  for (const auto& entry : figure.legend) texts.push_back(entry.text);
  return texts;
}

}  // namespace

const std::vector<std::string> run_titles = {"keep (sink keep)", "drop (sink drop)"};

TEST_CASE("level curves are the means and intervals of levels.csv", "[curves]") {
  const auto runs = made_up_loo_runs();
  const auto all = figures(runs);
  const TableRows rows(table_of(tables(runs), "levels.csv"),
                       {"run", "condition", "n", "layer", "scale", "metric"});
  const std::vector<std::string> metric = {"ratio", "energy", "graph_rayleigh"};
  const std::vector<std::string> title = {"separation ratio", "Dirichlet energy", "graph Rayleigh"};
  const std::vector<std::string> unit = {"ratio", "squared distance", "quotient"};
  for (const std::string& condition : conditions) {
    for (const bool relative : {false, true}) {
      CAPTURE(condition, relative);
      const auto& figure =
          figure_of(all, (relative ? "relative_levels_by_layer_" : "levels_by_layer_") + condition);
      CHECK(figure.title == "Structure of the full contexts by layer: " + condition +
                                (relative ? ", relative to the embedding" : ""));
      CHECK(figure.source == "levels.csv");
      CHECK(figure.columns == 2);
      CHECK(figure.tabs == "levels");
      CHECK(figure.tab == condition + (relative ? " / embedding" : ""));
      CHECK(legend_texts(figure) ==
            std::vector<std::string>{"N = 6", "N = 10", "N = 20", "neighbour mixing"});
      REQUIRE(figure.panels.size() == 6);
      for (std::size_t i = 0; i < 6; ++i) {
        CAPTURE(i);
        const Panel& panel = figure.panels[i];
        const RunResult& run = runs[i % 2];
        const std::size_t m = i / 2;
        CHECK(figure.row_titles[m] == title[m] + (relative ? " / embedding" : ""));
        CHECK(panel.title == (i < 2 ? run_titles[i] : ""));
        CHECK(panel.x_label == (i >= 4 ? "layer" : ""));
        CHECK(panel.y_label == (i % 2 == 1 ? ""
                                : relative ? "relative to the embedding"
                                           : unit[m]));
        CHECK(lines_of(panel).log_y == (m == 1));
        CHECK(lines_of(panel).reference ==
              (relative || m == 0 ? std::optional(1.0) : std::nullopt));
        const bool has_mixing = m == 0 && condition_of(run, condition);
        check_panel(panel, run, condition, rows,
                    {relative ? "relative_to_embedding" : "absolute", metric[m]},
                    has_mixing ? 3 : 0);
        if (m == 0) check_mixing(panel, runs, run, condition, relative);
      }
      for (std::size_t m = 0; m < 3; ++m) {  // runs can be compared by eye
        const figure::Range left = figure::y_range(lines_of(figure.panels[2 * m]));
        const figure::Range right = figure::y_range(lines_of(figure.panels[2 * m + 1]));
        CHECK(left.low == right.low);
        CHECK(left.high == right.high);
      }
    }
  }
}

const std::vector<std::string> metric_names = {"ratio", "energy", "cross_dist", "within_dist"};
const std::vector<std::string> metric_titles = {"separation ratio", "Dirichlet energy",
                                                "cross distance", "within distance"};
const std::vector<std::string> metric_units = {"change of the ratio", "squared distance",
                                               "distance", "distance"};

/// Rows of metrics, columns of runs.
void check_metric_frame(const figure::Figure& figure) {
  CHECK(figure.columns == 2);
  CHECK(legend_texts(figure) == std::vector<std::string>{"N = 6", "N = 10", "N = 20"});
  CHECK(figure.row_titles == metric_titles);
  REQUIRE(figure.panels.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) {
    const Panel& panel = figure.panels[i];
    CHECK(panel.title == (i < 2 ? run_titles[i] : ""));
    CHECK(panel.x_label == (i >= 6 ? "layer" : ""));
    CHECK(panel.y_label == (i % 2 == 0 ? metric_units[i / 2] : ""));
    CHECK(lines_of(panel).reference == 0.0);
    CHECK_FALSE(lines_of(panel).log_y);
  }
}

TEST_CASE("influence curves are the means and intervals of loo.csv", "[curves]") {
  const auto runs = made_up_loo_runs();
  const auto all = figures(runs);
  const TableRows rows(
      table_of(tables(runs), "loo.csv"),
      {"run", "condition", "n", "layer", "position_type", "pairs", "scale", "metric"});
  for (const std::string& condition : conditions) {
    for (const std::string kind : {"bridge", "anchor"}) {
      CAPTURE(condition, kind);
      const auto& figure = figure_of(all, "influence_by_layer_" + condition + "_" + kind);
      CHECK(figure.title ==
            "Influence of leaving one " + kind + " position out, by layer: " + condition);
      CHECK(figure.source == "loo.csv (own pairs, absolute scale)");
      CHECK(figure.tabs == "influence");
      CHECK(figure.tab == condition + ", " + kind);
      check_metric_frame(figure);
      for (std::size_t i = 0; i < 8; ++i) {
        CAPTURE(i);
        check_panel(figure.panels[i], runs[i % 2], condition, rows,
                    {kind, "own", "absolute", metric_names[i / 2] + "_influence"});
      }
    }
  }
}

TEST_CASE("curves of bridge less anchor are the differences of bridge_anchor.csv", "[curves]") {
  const auto runs = made_up_loo_runs();
  const auto all = figures(runs);
  const TableRows rows(table_of(tables(runs), "bridge_anchor.csv"),
                       {"run", "condition", "n", "layer", "anchors", "metric"});
  for (const std::string& condition : conditions) {
    const auto& figure = figure_of(all, "bridge_anchor_by_layer_" + condition);
    CHECK(figure.title == "Influence of bridges less that of anchors, by layer: " + condition);
    CHECK(figure.source == "bridge_anchor.csv (anchors: all)");
    CHECK(figure.tab == condition);
    check_metric_frame(figure);
    for (std::size_t i = 0; i < 8; ++i) {
      CAPTURE(condition, i);
      check_panel(figure.panels[i], runs[i % 2], condition, rows,
                  {"all", metric_names[i / 2] + "_influence"}, 0, "difference");
    }
  }
}

TEST_CASE("one run has its quantities side by side", "[curves]") {
  auto runs = made_up_loo_runs();
  runs.resize(1);
  const auto all = figures(runs);
  const auto& figure = figure_of(all, "bridge_anchor_by_layer_semantic");
  CHECK(figure.columns == 2);
  CHECK(figure_of(all, "levels_by_layer_semantic").columns == 3);
  CHECK(figure.row_titles.empty());
  REQUIRE(figure.panels.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(figure.panels[i].title == metric_titles[i]);
    CHECK(figure.panels[i].x_label == "layer");
    CHECK(figure.panels[i].y_label == metric_units[i]);
  }
}

TEST_CASE("curves of position 0 are the share and the scale of diagnostics.csv", "[curves]") {
  const auto runs = made_up_loo_runs();
  const auto all = figures(runs);
  const auto& figure = figure_of(all, "position_zero");
  const TableRows rows(table_of(tables(runs), "diagnostics.csv"), {"run", "condition", "layer"});
  CHECK(figure.title == "What position 0 alone explains of the ratio influence");
  CHECK(figure.source == "diagnostics.csv");
  CHECK(legend_texts(figure) == std::vector<std::string>{"semantic", "unrelated", "other",
                                                         "keep (sink keep)", "drop (sink drop)"});
  REQUIRE(figure.panels.size() == 2);
  CHECK(figure.panels[0].title == "share explained (R\u00b2)");
  CHECK(figure.panels[1].title == "fitted scale S");
  CHECK(lines_of(figure.panels[0]).reference == 0.0);
  CHECK_FALSE(lines_of(figure.panels[0]).log_y);
  CHECK(lines_of(figure.panels[1]).log_y);
  for (std::size_t panel = 0; panel < 2; ++panel) {
    CHECK(figure.panels[panel].x_label == "layer");
    const auto& series = lines_of(figure.panels[panel]).series;
    REQUIRE(series.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      CAPTURE(panel, i);
      const RunResult& run = runs[i / 2];
      const std::string& condition = run.info.conditions[i % 2].name;
      CHECK(series[i].name == condition);
      CHECK(conditions[static_cast<std::size_t>(series[i].color)] == condition);
      CHECK(series[i].dash == static_cast<int>(i / 2));
      CHECK(series[i].low.empty());
      REQUIRE(series[i].y.size() == run.info.layers.size());
      for (std::size_t l = 0; l < run.info.layers.size(); ++l) {
        CHECK(series[i].x[l] == static_cast<double>(run.info.layers[l]));
        CHECK(series[i].y[l] ==
              rows.number({run.label, condition, std::to_string(run.info.layers[l])},
                          panel == 0 ? "position_zero_r2" : "position_zero_scale"));
      }
    }
  }
}

TEST_CASE("layers are labelled, thinned where there are many", "[curves]") {
  auto runs = made_up_loo_runs();
  CHECK(lines_of(figures(runs)[0].panels[0]).x_tick_labels ==
        std::vector<std::string>{"emb", "0", "1", "2"});
  CHECK(lines_of(figures(runs)[0].panels[0]).x_ticks == std::vector<double>{-1, 0, 1, 2});
  runs.resize(1);
  runs[0].info.layers = {-1, 0, 16};
  CHECK(lines_of(figures(runs)[0].panels[0]).x_tick_labels ==
        std::vector<std::string>{"emb", "16"});
}

}  // namespace phiscope::analyze::loo::curves_test
