// SPDX-License-Identifier: MIT
#include "loo/figures.hpp"

#include "catch.hpp"
#include "loo/analysis/analysis.hpp"
#include "synthetic_run.hpp"
#include "temp_dir.hpp"

#include <set>

using namespace phiscope::analyze::loo;
using phiscope::figure::Heatmap;

namespace {

std::vector<RunResult> two_runs(const std::filesystem::path& folder) {
  phiscope::test::SyntheticRun options;
  options.trials = 2;
  write_synthetic_run(folder / "keep", options);
  options.sink = "drop";
  options.layers = {-1, 0, 1, 2};
  options.conditions = {"unrelated", "other"};
  write_synthetic_run(folder / "drop", options);
  return analyze_runs({folder / "keep", folder / "drop"}, {}, {.resamples = 20});
}

phiscope::figure::Figure named(const std::vector<phiscope::figure::Figure>& all,
                               const std::string& name) {
  for (const auto& figure : all) {
    if (figure.name == name) return figure;
  }
  throw std::runtime_error("no figure " + name);
}

}  // namespace

TEST_CASE("runs with other layers and conditions still share a figure", "[figures]") {
  const phiscope::test::TempDir folder;
  const auto runs = two_runs(folder.path());
  CHECK(condition_names(runs) == std::vector<std::string>{"semantic", "unrelated", "other"});
  std::set<std::string> names;
  const auto all = figures(runs);
  for (const auto& figure : all) {
    CHECK_NOTHROW(check(figure));
    CHECK(names.insert(figure.name).second);
    CHECK_FALSE(figure.caption.empty());
    CHECK_FALSE(figure.definition.empty());
    CHECK_FALSE(figure.source.empty());
  }
  for (const char* name : {"heatmap_all_metrics_keep", "heatmap_all_metrics_drop",
                           "heatmap_ratio_influence", "heatmap_energy_influence",
                           "heatmap_cross_dist_influence", "heatmap_within_dist_influence"}) {
    CHECK(names.contains(name));
  }
}

TEST_CASE("a heatmap holds the table's means, one symmetric scale per row", "[figures]") {
  const phiscope::test::TempDir folder;
  const auto runs = two_runs(folder.path());
  const auto figure = named(figures(runs), "heatmap_ratio_influence");
  REQUIRE(figure.panels.size() == 12);  // 2 runs x 3 conditions x bridge and anchor
  REQUIRE(figure.columns == 6);
  double largest = 0.0;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& map = std::get<Heatmap>(figure.panels[i].content);
    CHECK(map.x_labels == std::vector<std::string>{"6", "10", "20"});
    CHECK(map.y_labels == std::vector<std::string>{"embed", "0", "1"});
    largest = std::max(largest, phiscope::figure::largest_magnitude({&map}));
    const auto type = i % 2 == 0 ? PositionType::bridge : PositionType::anchor;
    for (std::size_t cell = 0; cell < map.values.size(); ++cell) {
      const auto& expected = runs[0].influence_at(i / 2, cell % 3, cell / 3, type, Pairs::own,
                                                  Scale::absolute, Metric::ratio);
      CHECK(map.values[cell].has_value() == expected.mean.value.ok());
      if (map.values[cell]) CHECK(*map.values[cell] == expected.mean.value.value());
    }
  }
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(std::get<Heatmap>(figure.panels[i].content).limit == largest);
  }
  // The first run has no condition "other", the second no "semantic".
  CHECK(std::holds_alternative<phiscope::figure::Lines>(figure.panels[4].content));
  CHECK(std::holds_alternative<phiscope::figure::Lines>(figure.panels[6].content));
}

TEST_CASE("curves of several runs stand in columns and share colours by length", "[figures]") {
  const phiscope::test::TempDir folder;
  const auto runs = two_runs(folder.path());
  const auto figure = named(figures(runs), "levels_by_layer_unrelated");
  REQUIRE(figure.columns == 2);
  for (std::size_t run = 0; run < 2; ++run) {
    const auto& lines = std::get<phiscope::figure::Lines>(figure.panels[run].content);
    REQUIRE(lines.series.size() == 6);  // three are of neighbour mixing
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(lines.series[i].color == phiscope::figure::sequential_color(i, 3));
      CHECK(lines.series[i].x.size() == runs[run].info.layers.size());
    }
  }
  CHECK(figure.legend.size() == 4);  // three lengths, neighbour mixing
}

TEST_CASE("file names keep no character that a shell or system minds", "[figures]") {
  CHECK(file_stem("a b/c:d'e.f_G-7") == "a_b_c_d_e.f_G-7");
}
