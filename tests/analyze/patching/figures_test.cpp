// SPDX-License-Identifier: MIT
// Every cell of every map and every point of every curve is a number of the results.
#include "patching/figures.hpp"

#include "catch.hpp"
#include "made_up_patching.hpp"
#include "patching/definitions.hpp"
#include "report/drawn.hpp"

#include <set>

namespace phiscope::analyze::patching::figures_test {

using figure::Figure;
using figure::Heatmap;
using figure::Lines;
using test::made_up_comparisons;
using test::made_up_patching;

namespace {

const Figure& named(const std::vector<Figure>& all, const std::string& name) {
  for (const Figure& figure : all) {
    if (figure.name == name) return figure;
  }
  throw std::runtime_error("no figure " + name);
}

std::size_t place_of(const Patching& data, const Site& wanted) {
  for (std::size_t site = 0; site < data.sites.size(); ++site) {
    if (data.sites[site] == wanted) return site;
  }
  throw std::runtime_error("no such site");
}

std::vector<std::string> panel_titles(const Figure& figure) {
  std::vector<std::string> titles;
  for (const auto& panel : figure.panels) titles.push_back(panel.title);
  return titles;
}

const Heatmap& map_of(const Figure& figure, std::size_t panel) {
  return std::get<Heatmap>(figure.panels.at(panel).content);
}

using Names = std::vector<std::string>;
using Drawn = std::vector<std::optional<double>>;

/// What a map of a set with steps holds: layers from bottom to top, steps from left to right.
Drawn means_of(const Result& result, std::size_t group, std::size_t mode, std::size_t set,
               Measure measure) {
  Drawn values;
  for (const std::int64_t layer : result.data.layers) {
    for (std::int64_t step = 0; step < result.data.positions; ++step) {
      const std::size_t site = place_of(result.data, {mode, set, layer, 0, step});
      values.push_back(report::drawn(result.cell(group, site, measure).mean.value));
    }
  }
  return values;
}

}  // namespace

TEST_CASE("heatmaps draw the mean of every measure at every site", "[figures]") {
  const auto results = made_up_patching();
  const auto all = heatmaps(results);
  CHECK(all.size() == measure_count + 4);
  for (const Measure measure : all_measures()) {
    const Figure& figure = named(all, "heatmap_" + std::string(measure_name(measure)));
    CAPTURE(figure.name);
    check(figure);
    CHECK(figure.definition == definition(measure));
    CHECK(figure.columns == 3);
    CHECK(figure.row_titles == Names{"clean, rerun", "clean, frozen", "noise, rerun"});
    CHECK(panel_titles(figure) == Names{"single", "prefix", "whole sets", "single", "prefix",
                                        "whole sets", "single", "prefix", "whole sets"});
    CHECK(map_of(figure, 0).x_labels == Names{"0", "1", "2"});
    CHECK(map_of(figure, 0).y_labels == Names{"0", "1"});
    CHECK(map_of(figure, 0).values == means_of(results[0], 0, 0, 0, measure));
    CHECK(map_of(figure, 3).values == means_of(results[0], 0, 1, 0, measure));
    CHECK(map_of(figure, 6).y_labels == Names{"1", "2"});
    CHECK(map_of(figure, 6).values == means_of(results[1], 0, 0, 1, measure));
    CHECK(map_of(figure, 7).values == means_of(results[1], 0, 0, 0, measure));
    // Whole sets side by side; what a run lacks is an empty panel.
    CHECK(map_of(figure, 2).x_labels == Names{"layer"});
    CHECK(map_of(figure, 2).values ==
          Drawn{report::drawn(results[0].cell(0, 6, measure).mean.value),
                report::drawn(results[0].cell(0, 7, measure).mean.value)});
    CHECK(std::get<Lines>(figure.panels[1].content).series.empty());
    CHECK(std::get<Lines>(figure.panels[8].content).series.empty());
    const bool positive = measure <= Measure::prediction_change_rate;
    CHECK(map_of(figure, 0).map ==
          (positive ? figure::Colormap::sequential : figure::Colormap::diverging));
    for (const std::size_t panel : {2U, 3U, 6U, 7U}) {
      CHECK(map_of(figure, panel).limit == map_of(figure, 0).limit);
    }
    CHECK(map_of(figure, 0).color_label.empty());
    CHECK(map_of(figure, 2).color_label == measure_unit(measure));
    CHECK(figure.panels[0].y_label == "layer");
  }
}

TEST_CASE("a measure without any value has no map", "[figures]") {
  auto results = made_up_patching();
  for (auto& result : results) {
    for (auto& cells : result.cells) {
      cells[static_cast<std::size_t>(Measure::recovery)].mean.value = Status::no_gap;
    }
  }
  const auto all = heatmaps(results);
  CHECK(all.size() == measure_count + 4 - 2);
  CHECK_THROWS(named(all, "heatmap_recovery"));
  CHECK_THROWS(named(all, "difficulty_recovery"));
}

TEST_CASE("panels by difficulty draw the pairs of each number of steps", "[figures]") {
  const auto results = made_up_patching();
  const auto all = heatmaps(results);
  for (const Measure measure : {Measure::kl_divergence, Measure::recovery,
                                Measure::answer_diff_change, Measure::answer_logit_diff_change}) {
    const Figure& figure = named(all, "difficulty_" + std::string(measure_name(measure)));
    check(figure);
    CHECK(figure.columns == 4);
    CHECK(figure.row_titles == Names{"clean, rerun, single", "noise, rerun, prefix"});
    CHECK(panel_titles(figure) == Names{"2 steps (3 pairs)", "3 steps (2 pairs)",
                                        "steps unknown (1 pair)", "4 steps (no pairs)",
                                        "2 steps (no pairs)", "3 steps (no pairs)",
                                        "unknown steps (no pairs)", "4 steps (5 pairs)"});
    for (const std::size_t group : {1U, 2U, 3U}) {
      CHECK(map_of(figure, group - 1).values == means_of(results[0], group, 0, 0, measure));
    }
    CHECK(map_of(figure, 7).values == means_of(results[1], 1, 0, 0, measure));
  }
  test::SyntheticPatching options;
  for (auto& pair : options.pairs) pair.steps.reset();
  for (const Figure& figure : heatmaps({test::analyzed_patching(options, "run")})) {
    CHECK(figure.name.starts_with("heatmap_"));
  }
}

TEST_CASE("heads are rows of the maps", "[figures]") {
  test::SyntheticPatching options;
  options.heads = 2;
  const Result result = test::analyzed_patching(options, "run");
  const auto all = heatmaps({result});
  const Heatmap& map = map_of(named(all, "heatmap_recovery"), 0);
  CHECK(map.y_labels == Names{"0.0", "0.1", "1.0", "1.1"});
  CHECK(
      map.values[3 * 3 + 2] ==
      result.cell(0, place_of(result.data, {0, 0, 1, 1, 2}), Measure::recovery).mean.value.value());
}

TEST_CASE("curves draw the means of the layers with their intervals", "[figures]") {
  const auto results = made_up_patching();
  const auto all = layer_curves(results);
  CHECK(all.size() == 5);
  for (const Measure measure :
       {Measure::kl_divergence, Measure::prediction_change_rate, Measure::recovery,
        Measure::answer_diff_change, Measure::answer_logit_diff_change}) {
    const Figure& figure = named(all, "layers_" + std::string(measure_name(measure)));
    check(figure);
    CHECK(panel_titles(figure) == Names{"set single", "set layer", "set prefix"});
    CHECK(figure.legend.size() == 3);
    CHECK(figure.legend[1].text == "clean, frozen");
    CHECK(figure.panels[0].y_label == measure_unit(measure));
    const auto& single = std::get<Lines>(figure.panels[0].content).series;
    REQUIRE(single.size() == 3);
    CHECK(std::get<Lines>(figure.panels[1].content).series.size() == 2);
    CHECK(std::get<Lines>(figure.panels[2].content).series.size() == 1);
    const auto estimate = [&](std::size_t run, std::size_t layer) -> const Estimate& {
      return results[run].layers[layer].cells[static_cast<std::size_t>(measure)].mean;
    };
    // Layer means are by mode, set and layer: frozen begins at 4; set single of the second at 2.
    for (const auto& [curve, run, first] :
         {std::tuple<std::size_t, std::size_t, std::size_t>{0, 0, 0}, {1, 0, 4}, {2, 1, 2}}) {
      CHECK(single[curve].x ==
            (run == 0 ? std::vector<double>{0.0, 1.0} : std::vector<double>{1.0, 2.0}));
      CHECK(single[curve].color == figure.legend[curve].color);
      for (std::size_t i = 0; i < 2; ++i) {
        CHECK(single[curve].y[i] == report::drawn(estimate(run, first + i).value));
        CHECK(single[curve].low[i] == report::drawn(estimate(run, first + i).low));
        CHECK(single[curve].high[i] == report::drawn(estimate(run, first + i).high));
      }
    }
  }
}

TEST_CASE("difference maps draw the first run minus each other one", "[figures]") {
  const auto results = made_up_patching();
  const auto comparisons = made_up_comparisons(results);
  CHECK(difference_maps({results[0]}, {}).empty());
  const auto all = difference_maps(results, comparisons);
  CHECK(all.size() == compared.size());
  for (const Measure measure : compared) {
    const Figure& figure = named(all, "difference_" + std::string(measure_name(measure)));
    check(figure);
    CHECK(figure.row_titles == Names{"minus noise"});
    CHECK(panel_titles(figure) == Names{"single", "whole sets"});
    Drawn expected(6);
    for (const Comparison& each : comparisons) {
      const Site& site = results[0].data.sites[each.site];
      if (each.measure != measure) continue;
      expected[static_cast<std::size_t>(3 * site.layer + site.step)] =
          report::drawn(each.difference.mean.value);
    }
    CHECK(map_of(figure, 0).values == expected);
    CHECK(map_of(figure, 0).map == figure::Colormap::diverging);
  }
}

}  // namespace phiscope::analyze::patching::figures_test
