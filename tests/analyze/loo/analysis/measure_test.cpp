// SPDX-License-Identifier: MIT
#include "loo/analysis/measure.hpp"

#include "catch.hpp"

#include <limits>

using namespace phiscope::analyze::loo;
using phiscope::Cross;
using phiscope::Status;
using phiscope::Value;

namespace {

/// Words 0, 1 | 2, 3 in two clusters; groups 0, 1 | 0, 1.
Condition four_words() {
  return {.name = "four", .words = {"a", "b", "c", "d"}, .partition = {{0, 0, 1, 1}, {0, 1, 0, 1}}};
}

Walk square_walk() {
  Walk walk;
  walk.n = 4;
  walk.nodes = {0, 1, 2, 3};
  walk.removed = {1};
  walk.bridge = {false, false, true, false};
  walk.adjacency = {0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0};
  return walk;
}

}  // namespace

TEST_CASE("a context on paper: a rectangle of 3 by 4", "[measure]") {
  // a = (0,0), b = (3,0), c = (0,4), d = (3,4): within 3, cross 4.
  const std::vector<float> full = {0, 0, 3, 0, 0, 4, 3, 4};
  const std::vector<float> without_b = {0, 0, 0, 8, 3, 8};  // a, c, d, moved
  const std::vector<WordRows> runs = {{-1, {0, 1, 2, 3}, full}, {1, {0, 2, 3}, without_b}};
  const auto found = measure_context(square_walk(), four_words(), runs, 1, 2, Cross::groups);
  CHECK(found.words == 4);
  CHECK(found.pairs.cross == 2);
  CHECK(found.pairs.within == 2);
  CHECK(found.full[0].cross == Value(4.0));
  CHECK(found.full[0].within == Value(3.0));
  CHECK(found.full[0].energy == Value(9.0));
  CHECK(found.full[0].ratio == Value(4.0 / 3.0));
  // Edges ab, bc, cd, da: 9 + 25 + 9 + 25; scatter: 4 corners at 2.5^2 from the centre.
  CHECK(found.graph[0].sum == Value(68.0));
  CHECK(found.graph[0].per_edge == Value(17.0));
  CHECK(found.graph[0].rayleigh.value() == Approx(68.0 / 25.0));
  REQUIRE(found.events.size() == 1);
  const Event& event = found.events[0];
  CHECK(event.position == 1);
  CHECK_FALSE(event.bridge);
  CHECK(event.pairs_without.cross == 1);
  CHECK(event.pairs_without.within == 1);
  // Without b: cross a-c = 8, within c-d = 3; common pairs of the full context: 4 and 3.
  CHECK(influence(found.full[0], event.without[0], Metric::cross) == Value(-4.0));
  CHECK(influence(event.full_common[0], event.without_common[0], Metric::cross) == Value(-4.0));
  CHECK(influence(found.full[0], event.without[0], Metric::ratio).value() == Approx(-4.0 / 3.0));
  CHECK(influence(found.full[0], event.without[0], Metric::energy) == Value(0.0));
}

TEST_CASE("energy influence has the opposite orientation of the others", "[measure]") {
  const phiscope::ClusterStructure full{.ratio = 1.0, .cross = 2.0, .within = 3.0, .energy = 4.0};
  const phiscope::ClusterStructure without{
      .ratio = 1.5, .cross = 1.0, .within = 3.5, .energy = 6.0};
  CHECK(influence(full, without, Metric::ratio) == Value(-0.5));
  CHECK(influence(full, without, Metric::cross) == Value(1.0));
  CHECK(influence(full, without, Metric::within) == Value(-0.5));
  CHECK(influence(full, without, Metric::energy) == Value(2.0));
}

TEST_CASE("a value divided by the embedding's is undefined where either is, or at zero",
          "[measure]") {
  CHECK(quotient(3.0, 2.0) == Value(1.5));
  CHECK(quotient(3.0, 0.0) == Value(Status::constant));
  CHECK(quotient(Status::no_within_pairs, Status::no_cross_pairs) == Value(Status::no_cross_pairs));
  CHECK(quotient(1.0, Status::nonfinite) == Value(Status::nonfinite));
}

TEST_CASE("an influence without pairs names the reason", "[measure]") {
  const std::vector<float> full = {0, 0, 3, 0, 0, 4, 3, 4};
  const std::vector<float> two = {0, 0, 3, 0};
  Walk walk = square_walk();
  walk.removed = {1, 2, 3};
  const std::vector<WordRows> runs = {
      {-1, {0, 1, 2, 3}, full}, {1, {0, 1}, two}, {2, {0, 2}, two}, {3, {}, {}}};
  const auto found = measure_context(walk, four_words(), runs, 1, 2, Cross::groups);
  CHECK(influence(found.full[0], found.events[0].without[0], Metric::ratio) ==
        Value(Status::no_cross_pairs));
  CHECK(influence(found.full[0], found.events[0].without[0], Metric::within).ok());
  CHECK(influence(found.full[0], found.events[1].without[0], Metric::energy) ==
        Value(Status::no_within_pairs));
  CHECK(found.events[1].bridge);
  CHECK(influence(found.full[0], found.events[2].without[0], Metric::ratio) ==
        Value(Status::no_cross_pairs));
}

TEST_CASE("distances that half precision cannot square are counted", "[measure]") {
  const std::vector<float> full = {0, 0, 255, 0, 0, 300, 255, 300};
  const std::vector<WordRows> runs = {{-1, {0, 1, 2, 3}, full}};
  const auto found = measure_context(square_walk(), four_words(), runs, 1, 2, Cross::groups);
  CHECK(found.float16_overflows[0] == 2);  // the two cross pairs, 300 apart
  CHECK(found.full[0].energy == Value(255.0 * 255.0));
}

TEST_CASE("a word that is not finite makes its numbers undefined, not the others", "[measure]") {
  std::vector<float> full = {0, 0, 3, 0, 0, 4, 3, 4};
  full[0] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<WordRows> runs = {{-1, {0, 1, 2, 3}, full},
                                      {0, {1, 2, 3}, std::span(full).subspan(2)}};
  Walk walk = square_walk();
  walk.removed = {0};
  const auto found = measure_context(walk, four_words(), runs, 1, 2, Cross::groups);
  CHECK(found.full[0].ratio == Value(Status::nonfinite));
  CHECK(found.events[0].without[0].ratio.ok());
  CHECK(influence(found.events[0].full_common[0], found.events[0].without_common[0],
                  Metric::ratio) == Value(0.0));
}

TEST_CASE("layers are taken apart by their place in the array", "[measure]") {
  // Three layers of one unit: layer k holds the word id times k + 1.
  std::vector<float> full;
  for (int word = 0; word < 4; ++word) {
    for (int layer = 0; layer < 3; ++layer) full.push_back(static_cast<float>(word * (layer + 1)));
  }
  const std::vector<WordRows> runs = {{-1, {0, 1, 2, 3}, full}};
  const auto found = measure_context(square_walk(), four_words(), runs, 3, 1, Cross::groups);
  for (std::size_t layer = 0; layer < 3; ++layer) {
    CHECK(found.full[layer].within == Value(static_cast<double>(layer + 1)));
    CHECK(found.full[layer].cross == Value(2.0 * static_cast<double>(layer + 1)));
  }
}
