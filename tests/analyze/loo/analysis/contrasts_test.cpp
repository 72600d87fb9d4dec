// SPDX-License-Identifier: MIT
// What a report of loo may claim: pairs within walks, permuted clusters.
#include "loo/analysis/contrasts.hpp"

#include "analyze/loo/synthetic_run.hpp"
#include "catch.hpp"
#include "temp_dir.hpp"

#include <phiscope/permutation_test.hpp>

#include <cstddef>
#include <vector>

using namespace phiscope::analyze::loo;
using phiscope::Cross;
using phiscope::Status;
using phiscope::Value;

TEST_CASE("a difference is tested within its walk", "[contrasts]") {
  // Walks differ a thousandfold, their differences do not: an unpaired test would see nothing.
  std::vector<std::vector<std::vector<Value>>> differences(1);
  for (int walk = 0; walk < 8; ++walk) differences[0].push_back({Value(1.0 + 0.01 * walk)});
  const auto cells = test_pairs(differences, 1, {.resamples = 50, .covers = "walks"});
  REQUIRE(cells.size() == 1);
  CHECK(cells[0].difference.value.value() == Approx(1.035));
  CHECK(cells[0].p == Value(2.0 / 256.0));  // all signs are counted
  CHECK(cells[0].least_p == 2.0 / 256.0);
}

TEST_CASE("few arrangements of the clusters are all counted", "[contrasts]") {
  // Words 0, 1 | 2, 3 on a line at 0, 1, 10, 11: the best of the three ways to pair them.
  const WordDistances context{.words = {0, 1, 2, 3}, .pairs = {{1, 10, 11, 9, 10, 1}}};
  const std::vector<const WordDistances*> contexts = {&context};
  const auto tests = test_labels({{0, 0, 1, 1}, {0, 0, 0, 0}}, contexts, 1, Cross::all, 0);
  REQUIRE(tests.size() == 1);
  CHECK(tests[0].exact);
  CHECK(tests[0].ratio == Value(10.0));
  CHECK(tests[0].p.value() == Approx(2.0 / 6.0));  // the other is the same with names swapped
  CHECK(tests[0].least_p == Approx(2.0 / 6.0));
}

TEST_CASE("the cells of a run are differences within its walks, worked out by hand",
          "[contrasts]") {
  const phiscope::test::TempDir folder;
  phiscope::test::write_synthetic_run(folder.path() / "run", {.lengths = {20}, .trials = 9});
  const RunResult run = analyze_runs({folder.path() / "run"}, {}, {.resamples = 20}).front();
  for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
    std::vector<double> above;    // ratio less that of mixing
    std::vector<double> bridged;  // mean influence of bridges less that of anchors
    for (const ContextMeasures& context : run.contexts) {
      if (run.info.walks[context.walk].condition != 0) continue;
      if (!context.full[layer].ratio.ok() || !context.mixing.ratio.ok()) continue;
      above.push_back(context.full[layer].ratio.value() - context.mixing.ratio.value());
      double sums[2] = {0.0, 0.0};
      double counts[2] = {0.0, 0.0};
      for (const Event& event : context.events) {
        if (!context.full[layer].ratio.ok() || !event.without[layer].ratio.ok()) continue;
        sums[event.bridge ? 1 : 0] +=
            context.full[layer].ratio.value() - event.without[layer].ratio.value();
        counts[event.bridge ? 1 : 0] += 1.0;
      }
      if (counts[0] > 0.0 && counts[1] > 0.0) {
        bridged.push_back(sums[1] / counts[1] - sums[0] / counts[0]);
      }
    }
    REQUIRE(above.size() >= 5);
    REQUIRE(bridged.size() >= 5);
    const auto check = [](const PairedCell& cell, const std::vector<double>& differences) {
      const auto expected = phiscope::sign_flip_test(differences, {.resamples = sign_flips});
      CHECK(cell.difference.value.value() == Approx(expected.mean.value()).margin(1e-12));
      CHECK(cell.difference.units == differences.size());
      CHECK(cell.p == expected.p_value);
    };
    check(run.above_mixing_at(0, 0, layer), above);
    check(run.bridge_anchor_at(0, 0, layer, Anchors::all, Metric::ratio), bridged);
  }
}
