// SPDX-License-Identifier: MIT
// What a report of loo may claim: pairs within walks, neighbour mixing, permuted clusters.
#include "loo/contrasts.hpp"

#include "catch.hpp"

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

TEST_CASE("mixing on paper: each position is half its predecessor", "[contrasts]") {
  const Condition condition{
      .name = "two", .words = {"a", "b", "c"}, .partition = {{0, 0, 1}, {0, 1, 0}}};
  Walk walk;
  walk.n = 3;
  walk.nodes = {0, 1, 2};
  const WordEmbeddings embeddings = {{0}, {4}, {20}};
  // a = 0, b = (4 + 0) / 2, c = (20 + 4) / 2: cross a-c 12, within a-b 2.
  const std::vector<std::int64_t> words = {0, 1, 2};
  const Mixing found = neighbour_mixing(walk, condition, words, embeddings, Sink::keep,
                                        Occurrence::mean, Cross::groups);
  CHECK(found.ratio == Value(6.0));
  CHECK(found.embedding == Value(5.0));
  CHECK(found.unmixed == 0);
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
