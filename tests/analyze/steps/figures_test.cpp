// SPDX-License-Identifier: MIT
// Every cell of every map and every point of every curve is a number of the results.
#include "steps/figures.hpp"

#include "catch.hpp"
#include "made_up_steps.hpp"
#include "report/drawn.hpp"
#include "steps/definitions.hpp"

namespace phiscope::analyze::steps::figures_test {

using figure::Figure;
using figure::Heatmap;
using figure::Lines;
using figure::Series;
using test::made_up_steps;

namespace {

using Names = std::vector<std::string>;
using Drawn = std::vector<std::optional<double>>;

const Figure& named(const std::vector<Figure>& all, const std::string& name) {
  for (const Figure& figure : all) {
    if (figure.name == name) return figure;
  }
  throw std::runtime_error("no figure " + name);
}

Names panel_titles(const Figure& figure) {
  Names titles;
  for (const auto& panel : figure.panels) titles.push_back(panel.title);
  return titles;
}

const Lines& lines_of(const Figure& figure, std::size_t panel) {
  return std::get<Lines>(figure.panels.at(panel).content);
}

const Heatmap& map_of(const Figure& figure, std::size_t panel) {
  return std::get<Heatmap>(figure.panels.at(panel).content);
}

const Cell& cell_at(const Result& result, std::size_t group, const Lane& lane) {
  return result.cell(group, *result.data.find(lane));
}

void check_series(const Series& series, const Result& result, Kind kind, std::int64_t layer,
                  const std::vector<std::int64_t>& steps,
                  const std::function<Estimate(const Cell&)>& of) {
  REQUIRE(series.x.size() == steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Estimate expected = of(cell_at(result, 0, {kind, layer, steps[i]}));
    CHECK(series.x[i] == static_cast<double>(steps[i]));
    CHECK(series.y[i] == report::drawn(expected.value));
    CHECK(series.low[i] == report::drawn(expected.low));
    CHECK(series.high[i] == report::drawn(expected.high));
  }
}

/// A row of a map.
Drawn importance_of(const Result& result, std::size_t group, Kind kind, std::int64_t layer,
                    const std::vector<std::int64_t>& steps) {
  Drawn values;
  for (const std::int64_t step : steps) {
    values.push_back(report::drawn(cell_at(result, group, {kind, layer, step}).importance.value));
  }
  return values;
}

void append(Drawn& all, const Drawn& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

TEST_CASE("curves over the steps draw every rate and mean with its interval", "[figures]") {
  const auto results = made_up_steps();
  const auto all = step_curves(results);
  const std::map<std::string, std::function<Estimate(const Cell&)>> expected = {
      {"steps_importance", [](const Cell& cell) { return cell.importance; }},
      {"steps_repaired", [](const Cell& cell) { return cell.repaired; }},
      {"steps_log_probability_drop",
       [](const Cell& cell) { return cell.mean(Measure::log_probability_drop).mean; }},
      {"steps_kl", [](const Cell& cell) { return cell.mean(Measure::kl).mean; }}};
  CHECK(all.size() == expected.size());
  for (const auto& [name, of] : expected) {
    CAPTURE(name);
    const Figure& figure = named(all, name);
    figure::check(figure);
    CHECK(panel_titles(figure) == Names{"cumulative", "single", "leave-one", "early-exit"});
    CHECK(figure.source == "steps.csv");
    const auto& cumulative = lines_of(figure, 0).series;
    REQUIRE(cumulative.size() == 3);
    check_series(cumulative[0], results[0], Kind::cumulative, 1, {1, 2, 3, 4}, of);
    check_series(cumulative[1], results[0], Kind::cumulative, 3, {1, 2, 3, 4}, of);
    check_series(cumulative[2], results[1], Kind::cumulative, 2, {1, 2, 3, 4}, of);
    const auto& single = lines_of(figure, 1).series;
    check_series(single[1], results[0], Kind::single, 3, {-1, 0, 1, 2, 3}, of);
    check_series(single[2], results[1], Kind::single, 2, {0, 1, 2, 3}, of);
    CHECK(lines_of(figure, 1).x_tick_labels == Names{"bot", "0", "1", "2", "3"});
    check_series(lines_of(figure, 2).series[0], results[0], Kind::leave_one, 1, {0, 1, 2, 3}, of);
    // One curve for a run: nothing is changed at any layer.
    REQUIRE(lines_of(figure, 3).series.size() == 1);
    check_series(lines_of(figure, 3).series[0], results[0], Kind::early_exit, -1, {0, 1, 2, 3}, of);
    CHECK(figure.panels[0].x_label == axis_text(Kind::cumulative));
    REQUIRE(figure.legend.size() == 3);
    CHECK(figure.legend[1].text == "zero, layer 3");
    CHECK(figure.legend[1].color == cumulative[1].color);
    CHECK(figure.legend[2].text == "mean, layer 2");
  }
  CHECK(named(all, "steps_importance").definition == importance_definition());
}

TEST_CASE("set all has a panel where no run has cumulative", "[figures]") {
  test::SyntheticSteps options;
  options.kinds = {"all", "single"};
  const auto result = test::analyzed_steps(options);
  const auto all = step_curves({result});
  const Figure& figure = named(all, "steps_importance");
  CHECK(panel_titles(figure) == Names{"single", "all"});
  check_series(lines_of(figure, 1).series[0], result, Kind::all, 2, {4},
               [](const Cell& cell) { return cell.importance; });
}

TEST_CASE("early exit draws the right answers that remain, for runs and strata", "[figures]") {
  auto results = made_up_steps();
  results[0].groups[2].baseline.counts.baseline_right = least_right - 1;  // stratum 3
  const auto all = early_exit_curves(results);
  REQUIRE(all.size() == 1);
  figure::check(all[0]);
  CHECK(all[0].name == "early_exit");
  CHECK(panel_titles(all[0]) == Names{"all problems", "zero, by stratum"});
  const auto check_remaining = [&](const Series& series, std::size_t group) {
    REQUIRE(series.x.size() == 5);
    for (std::int64_t step = 0; step < 4; ++step) {
      const auto at = static_cast<std::size_t>(step);
      const Estimate& lost = cell_at(results[0], group, {Kind::early_exit, -1, step}).importance;
      CHECK(series.x[at] == static_cast<double>(step));
      CHECK(series.y[at] == report::drawn(difference(1.0, lost.value)));
      CHECK(series.low[at] == report::drawn(difference(1.0, lost.high)));
      CHECK(series.high[at] == report::drawn(difference(1.0, lost.low)));
    }
    CHECK(series.x[4] == 4.0);
    CHECK(series.y[4] == 1.0);
  };
  REQUIRE(lines_of(all[0], 0).series.size() == 1);
  check_remaining(lines_of(all[0], 0).series[0], 0);
  const auto& strata = lines_of(all[0], 1).series;
  REQUIRE(strata.size() == 3);
  check_remaining(strata[0], 1);
  check_remaining(strata[1], 3);
  check_remaining(strata[2], 4);
  Names names;
  for (const auto& entry : all[0].legend) names.push_back(entry.text);
  CHECK(names == Names{"zero", "2 steps", "4 steps", "5+ steps"});
  CHECK(early_exit_curves({results[1]}).empty());
}

TEST_CASE("maps by stratum draw importance, and few right answers are grey", "[figures]") {
  auto results = made_up_steps();
  results[0].groups[3].baseline.counts.baseline_right = 4;  // stratum 4
  const auto all = strata_maps(results);
  REQUIRE(all.size() == 1);
  figure::check(all[0]);
  CHECK(all[0].row_titles == Names{"zero, layer 1", "zero, layer 3", "mean, layer 2"});
  CHECK(all[0].columns == 3);
  const Heatmap& single = map_of(all[0], 4);  // zero, layer 3
  const std::vector<std::int64_t> steps = {-1, 0, 1, 2, 3};
  CHECK(single.x_labels == Names{"bot", "0", "1", "2", "3"});
  const auto right = [&](std::size_t group) {
    return std::to_string(results[0].groups[group].baseline.counts.baseline_right);
  };
  CHECK(single.y_labels == Names{"2 steps (" + right(1) + ")", "3 steps (" + right(2) + ")",
                                 "4 steps (4)", "5+ steps (" + right(4) + ")"});
  Drawn expected;
  append(expected, importance_of(results[0], 1, Kind::single, 3, steps));
  append(expected, importance_of(results[0], 2, Kind::single, 3, steps));
  append(expected, Drawn(5));
  append(expected, importance_of(results[0], 4, Kind::single, 3, steps));
  CHECK(single.values == expected);
  CHECK(single.limit == 1.0);
  const Heatmap& other = map_of(all[0], 6);  // mean: no leave-one
  CHECK(Drawn(other.values.begin(), other.values.begin() + 4) ==
        importance_of(results[1], 1, Kind::cumulative, 2, {1, 2, 3, 4}));
  CHECK(std::holds_alternative<Lines>(all[0].panels[8].content));

  test::SyntheticSteps options;
  for (auto& problem : options.problems) problem.stratum.reset();
  CHECK(strata_maps({test::analyzed_steps(options)}).empty());
}

TEST_CASE("maps by layer are of runs with several layers", "[figures]") {
  const auto results = made_up_steps();
  const auto all = layer_maps(results);
  REQUIRE(all.size() == 1);
  figure::check(all[0]);
  CHECK(all[0].row_titles == Names{"zero"});
  CHECK(panel_titles(all[0]) == Names{"cumulative", "single", "leave-one"});
  const Heatmap& map = map_of(all[0], 2);
  CHECK(map.y_labels == Names{"1", "3"});
  CHECK(map.x_labels == Names{"0", "1", "2", "3"});
  Drawn expected = importance_of(results[0], 0, Kind::leave_one, 1, {0, 1, 2, 3});
  append(expected, importance_of(results[0], 0, Kind::leave_one, 3, {0, 1, 2, 3}));
  CHECK(map.values == expected);
  CHECK(layer_maps({results[1]}).empty());
}

}  // namespace phiscope::analyze::steps::figures_test
