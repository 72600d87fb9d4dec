// SPDX-License-Identifier: MIT
// Every curve, point and cell of a figure is a cell of a table or of a matrix.
#include "phiid/figures.hpp"

#include "analyze/table_rows.hpp"
#include "catch.hpp"
#include "made_up_phiid.hpp"
#include "phiid/tables.hpp"

namespace phiscope::analyze::phiid::figures_test {

using figure::Figure;
using figure::Heatmap;
using figure::Lines;
using figure::Panel;
using test::figure_of;
using test::made_up_phiid_run;
using test::table_of;
using test::TableRows;

namespace {

RunResult small_run() {
  return made_up_phiid_run("run", {0, 2, 5}, 4, 0.0);
}

struct ProfilePanel {
  std::string title;
  std::string measure;
  std::string unit;
};
const std::vector<ProfilePanel> score_panels = {
    {"balance", "balance_score", "score"},
    {"rank difference", "rank_difference_score", "score"},
    {"per TDMI", "tdmi_score", "score"}};
const std::vector<ProfilePanel> series_panels = {
    {"autocorrelation", "autocorrelation", "lag-1 autocorrelation"},
    {"synergy", "avg_synergy", "nats"},
    {"redundancy", "avg_redundancy", "nats"}};

/// The panels are columns `value`, `low` and `high` of the rows of layers.
void check_profile(const Figure& figure, const std::vector<ProfilePanel>& panels,
                   const std::vector<const RunResult*>& runs) {
  REQUIRE(figure.panels.size() == panels.size());
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const Panel& panel = figure.panels[i];
    CAPTURE(figure.name, panels[i].measure);
    const bool several = runs.size() > 1;
    CHECK(panel.title == panels[i].title);
    CHECK(panel.y_label == panels[i].unit);
    CHECK(panel.x_label == (several ? "depth (0 first layer, 1 last)" : "layer"));
    const auto& lines = std::get<Lines>(panel.content);
    REQUIRE(lines.series.size() == runs.size());
    for (std::size_t r = 0; r < runs.size(); ++r) {
      const RunResult& run = *runs[r];
      const TableRows rows(profile_table(std::span(&run, 1), false).table,
                           {"measure", "part", "name"});
      const auto& series = lines.series[r];
      CHECK(series.name == run.input.label);
      CHECK(series.color == static_cast<int>(r));
      CHECK(series.dash == 0);
      REQUIRE(series.x.size() == run.input.layers.size());
      REQUIRE(series.low.size() == series.x.size());
      REQUIRE(series.high.size() == series.x.size());
      for (std::size_t layer = 0; layer < series.x.size(); ++layer) {
        const std::vector<std::string> key = {panels[i].measure, "layer",
                                              std::to_string(run.input.layers[layer])};
        CHECK(series.x[layer] ==
              (several ? rows.number(key, "depth") : static_cast<double>(run.input.layers[layer])));
        CHECK(series.y[layer] == rows.number(key, "value"));
        CHECK(series.low[layer] == rows.number(key, "ci_low"));
        CHECK(series.high[layer] == rows.number(key, "ci_high"));
      }
    }
  }
}

/// Mean over the pairs of two groups of heads that are ok, in the plainest way.
std::optional<double> plain_mean(const std::vector<double>& matrix, std::size_t heads,
                                 std::size_t first_a, std::size_t first_b, std::size_t width) {
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t i = first_a; i < std::min(first_a + width, heads); ++i) {
    for (std::size_t j = first_b; j < std::min(first_b + width, heads); ++j) {
      if (std::isnan(matrix[i * heads + j])) continue;
      sum += matrix[i * heads + j];
      count += 1.0;
    }
  }
  return count > 0.0 ? std::optional(sum / count) : std::nullopt;
}

}  // namespace

TEST_CASE("profiles of one run are columns of profile.csv", "[figures]") {
  const RunResult run = small_run();
  const auto all = figures(run, {});
  const Figure& scores = figure_of(all, "profile");
  CHECK(scores.title == "Scores of the heads over the layers");
  CHECK(scores.source == "run: 12 prompts, 12 heads");
  CHECK(scores.columns == 3);
  CHECK(scores.legend.empty());
  CHECK_THAT(scores.caption,
             Contains(" Bands: 95 % bootstrap intervals over prompts (200 resamples); they say "
                      "nothing about depth."));
  CHECK_THAT(scores.definition, Contains(method_text({})));
  check_profile(scores, score_panels, {&run});
  const Figure& series = figure_of(all, "autocorrelation_profile");
  CHECK(series.title == "What the scores are made of, over the layers");
  CHECK_THAT(series.caption,
             Contains(" Bands: 95 % bootstrap intervals over prompts (200 resamples), none for "
                      "autocorrelation; they say nothing about depth."));
  check_profile(series, series_panels, {&run});
}

TEST_CASE("captions say which runs have too few prompts for bands", "[figures]") {
  RunResult few = small_run();
  few.input.label = "few";
  few.input.prompts.resize(4);
  for (const Figure& figure : profile_figures({&few}, {})) {
    CHECK_THAT(figure.caption,
               Contains(" No intervals: fewer than 5 prompts.") && !Contains("Bands"));
  }
  RunResult enough = small_run();
  enough.input.prompts.resize(5);
  const std::string bands = " Bands: 95 % bootstrap intervals over prompts (200 resamples)";
  CHECK_THAT(profile_figures({&enough}, {})[0].caption, Contains(bands + "; they say"));
  for (const auto& runs : {std::vector<const RunResult*>{&few, &enough},
                           std::vector<const RunResult*>{&enough, &few}}) {
    const auto made = profile_figures(runs, {});
    CHECK_THAT(made[0].caption, Contains(bands + ", none for few (fewer than 5 prompts); they"));
    CHECK_THAT(made[1].caption, Contains(bands + ", none for autocorrelation, none for few (fewer "
                                                 "than 5 prompts); they"));
  }
  few.input.prompts.resize(1);
  few.resamples = 0;
  CHECK_THAT(profile_figures({&few}, {})[0].caption,
             Contains(" No intervals: fewer than 5 prompts."));
  CHECK(profile_figures({&few}, {})[0].source == "few: 1 prompt, 12 heads");
}

TEST_CASE("a profile has ticks at layers, nine at most", "[figures]") {
  const auto ticks = [](const std::vector<std::int64_t>& layers) {
    const auto all = figures(made_up_phiid_run("run", layers, 2, 0.0), {});
    return std::get<Lines>(figure_of(all, "profile").panels.at(0).content).x_ticks;
  };
  CHECK(ticks({0, 2, 5}) == std::vector<double>{0, 2, 5});
  CHECK(ticks({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) == std::vector<double>{0, 2, 4, 6, 8});
}

TEST_CASE("profiles of several runs are drawn over depth", "[figures]") {
  const RunResult one = small_run();
  const RunResult two = made_up_phiid_run("other", {1, 3, 4, 8}, 3, 1000.0);
  const auto all = profile_figures({&one, &two}, {});
  REQUIRE(all.size() == 2);
  check_profile(all[0], score_panels, {&one, &two});
  check_profile(all[1], series_panels, {&one, &two});
  for (const Figure& figure : all) {
    CHECK(figure.source == "run: 12 prompts, 12 heads; other: 12 prompts, 12 heads");
    REQUIRE(figure.legend.size() == 2);
    CHECK(figure.legend[0].text == "run");
    CHECK(figure.legend[1].text == "other");
    CHECK(figure.legend[1].color == 1);
  }
}

TEST_CASE("maps of heads are columns of rankings.csv", "[figures]") {
  const RunResult run = small_run();
  const auto all = figures(run, {});
  const Figure& figure = figure_of(all, "heatmap_heads");
  const TableRows rows(table_of(tables(run, {}), "rankings.csv"), {"layer", "head_in_layer"});
  CHECK(figure.title == "Scores by layer and head");
  CHECK(figure.source == "run");
  CHECK(figure.columns == 2);
  const std::vector<std::pair<std::string, std::string>> panels = {
      {"balance", "balance_score"},
      {"rank difference", "rank_difference_score"},
      {"per TDMI", "tdmi_score"},
      {"autocorrelation", "autocorrelation"}};
  REQUIRE(figure.panels.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const Panel& panel = figure.panels[i];
    const auto& map = std::get<Heatmap>(panel.content);
    CHECK(panel.title == panels[i].first);
    CHECK(panel.x_label == "head");
    CHECK(panel.y_label == "layer");
    CHECK(map.color_label == panels[i].first);
    CHECK(map.x_labels == std::vector<std::string>{"0", "1", "2", "3"});
    CHECK(map.y_labels == std::vector<std::string>{"0", "2", "5"});
    CHECK(map.limit == 1.0);
    CHECK(map.map == (i == 3 ? figure::Colormap::diverging : figure::Colormap::sequential));
    REQUIRE(map.values.size() == 12);
    for (std::size_t head = 0; head < 12; ++head) {
      CHECK(map.values[head] ==
            rows.number({map.y_labels[head / 4], map.x_labels[head % 4]}, panels[i].second));
    }
  }
}

TEST_CASE("maps of pairs are the matrices of the run", "[figures]") {
  const RunResult run = small_run();
  const auto all = figures(run, {});
  const Figure& figure = figure_of(all, "heatmap_pairs");
  CHECK(figure.title == "Synergy (sts) and redundancy (rtr) between heads");
  REQUIRE(figure.panels.size() == 2);
  for (const bool is_sts : {true, false}) {
    const Panel& panel = figure.panels[is_sts ? 0 : 1];
    const auto& map = std::get<Heatmap>(panel.content);
    const auto& matrix = is_sts ? run.matrices.sts : run.matrices.rtr;
    CHECK(panel.title == (is_sts ? "sts" : "rtr"));
    CHECK(panel.x_label == "head (layer.head)");
    CHECK(map.x_breaks == std::vector<std::size_t>{4, 8});
    CHECK(map.y_breaks == map.x_breaks);
    CHECK(map.color_label == (is_sts ? "sts (nats)" : "rtr (nats)"));
    CHECK(map.map == figure::Colormap::sequential);
    CHECK(map.x_labels == map.y_labels);
    CHECK(map.x_labels == std::vector<std::string>{"0.0", "0.1", "0.2", "0.3", "2.0", "2.1", "2.2",
                                                   "2.3", "5.0", "5.1", "5.2", "5.3"});
    for (std::size_t cell = 0; cell < 144; ++cell) {
      CHECK(map.values[cell] == plain_mean(matrix, 12, cell / 12, cell % 12, 1));
    }
  }
}

TEST_CASE("many heads are drawn as means of layers, or of groups of one layer", "[figures]") {
  const bool has_layers = GENERATE(true, false);
  RunResult run = has_layers ? made_up_phiid_run("run", {0, 3, 5, 6}, 20, 0.0)
                             : made_up_phiid_run("run", {7}, 130, 0.0);
  run.matrices.rtr[1] = -50.0;  // a mean below 0: two colours
  const auto all = heat_figures(run, {});
  const Figure& figure = figure_of(all, "heatmap_pairs");
  const std::size_t heads = run.series.heads;
  const std::size_t width = has_layers ? 20 : 3;
  const std::size_t groups = has_layers ? 4 : 44;
  for (const bool is_sts : {true, false}) {
    const Panel& panel = figure.panels[is_sts ? 0 : 1];
    const auto& map = std::get<Heatmap>(panel.content);
    const auto& matrix = is_sts ? run.matrices.sts : run.matrices.rtr;
    CHECK(panel.x_label == (has_layers ? "layer" : "first of several heads"));
    CHECK(map.map ==
          (is_sts || has_layers ? figure::Colormap::sequential : figure::Colormap::diverging));
    REQUIRE(map.values.size() == groups * groups);
    CHECK(map.x_labels[1] == (has_layers ? "3" : "7.3"));
    CHECK(map.x_breaks.empty());
    for (std::size_t cell = 0; cell < map.values.size(); ++cell) {
      const auto expected =
          plain_mean(matrix, heads, cell / groups * width, cell % groups * width, width);
      REQUIRE(map.values[cell].has_value() == expected.has_value());
      if (expected) CHECK(*map.values[cell] == Approx(*expected).epsilon(1e-12));
    }
  }
}

TEST_CASE("the scatter has redundancy across and synergy up, coloured by thirds", "[figures]") {
  const RunResult run = small_run();
  const auto all = figures(run, {});
  const Figure& figure = figure_of(all, "scatter");
  const TableRows rows(table_of(tables(run, {}), "rankings.csv"), {"layer", "head_in_layer"});
  CHECK(figure.title == "Synergy and redundancy of the heads");
  REQUIRE(figure.panels.size() == 1);
  CHECK(figure.panels[0].x_label == "redundancy (nats)");
  CHECK(figure.panels[0].y_label == "synergy (nats)");
  const auto& lines = std::get<Lines>(figure.panels[0].content);
  REQUIRE(lines.series.size() == 3);
  const std::vector<std::string> names = {"first third of the layers", "middle third",
                                          "last third"};
  std::vector<std::array<double, 2>> points;
  std::vector<std::string> labels;
  std::vector<std::string> names_of;
  for (std::size_t third = 0; third < 3; ++third) {
    const auto& series = lines.series[third];
    CHECK(series.name == names[third]);
    CHECK(figure.legend[third].text == names[third]);
    CHECK(series.color == static_cast<int>(third));
    CHECK(series.scattered);
    std::vector<double> x;
    std::vector<std::optional<double>> y;
    for (std::size_t head = 0; head < 4; ++head) {
      const std::vector<std::string> key = {std::to_string(run.input.layers[third]),
                                            std::to_string(head)};
      if (!rows.number(key, "avg_synergy")) continue;
      x.push_back(*rows.number(key, "avg_redundancy"));
      y.push_back(rows.number(key, "avg_synergy"));
    }
    CHECK(series.x == x);
    CHECK(series.y == y);
    REQUIRE(series.labels.size() == x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      points.push_back({x[i], *y[i]});
      labels.push_back(series.labels[i]);
      names_of.push_back(std::to_string(run.input.layers[third]) + "." + std::to_string(i));
    }
  }
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {  // the last one stands after the dead head
    const auto is_end = [&](std::size_t axis) {
      const auto less = [axis](const auto& a, const auto& b) { return a[axis] < b[axis]; };
      const auto [least, most] = std::minmax_element(points.begin(), points.end(), less);
      return points[i][axis] == (*least)[axis] || points[i][axis] == (*most)[axis];
    };
    CHECK(labels[i] == (is_end(0) || is_end(1) ? names_of[i] : ""));
  }
  CHECK(lines.series[2].x.size() == 3);  // the dead head is left out
}

TEST_CASE("the method is told in words", "[figures]") {
  CHECK(method_text({}) ==
        "Integrated information decomposition with minimum mutual information, Gaussian, in nats, "
        "lag 1; prompts one by one, then averaged.");
  Options other;
  other.mode = Mode::concat;
  other.detrend = Detrend::poly2;
  other.phiid.redundancy = Redundancy::ccs;
  other.phiid.kind = PhiidKind::discrete;
  other.phiid.lag = 3;
  other.phiid.bias_correction = true;
  CHECK(
      method_text(other) ==
      "Integrated information decomposition with common change in surprisal, binary series, in "
      "bits, lag 3; prompts as one series without the borders; leading bias subtracted; quadratic "
      "trend removed from every series.");
  other.keep_borders = true;
  CHECK_THAT(method_text(other), Contains("; prompts as one series, borders kept; "));
  RunResult run = small_run();
  run.resamples = 0;
  CHECK_THAT(figures(run, other)[0].caption, Contains("No intervals were drawn."));
  const auto with_bits = figures(run, other);
  CHECK(figure_of(with_bits, "scatter").panels[0].x_label == "redundancy (bits)");
}

}  // namespace phiscope::analyze::phiid::figures_test
