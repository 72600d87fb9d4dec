// SPDX-License-Identifier: MIT
#include "loo/shuffled.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <map>

using namespace phiscope::extract;

TEST_CASE("a shuffled context has the words of its walk, its graph and its positions",
          "[shuffled]") {
  std::vector<Vocabulary> vocabularies = {semantic_words(), unrelated_words()};
  std::vector<LooContext> contexts = loo_contexts(vocabularies, {6, 30}, 3, 7, 0);
  const std::vector<LooContext> walks = contexts;
  add_shuffled(vocabularies, contexts, 7);
  REQUIRE(vocabularies.size() == 3);
  CHECK(vocabularies[2].name == "shuffled");
  CHECK(vocabularies[2].words == semantic_words().words);
  REQUIRE(contexts.size() == 18);
  std::size_t moved = 0;
  for (std::size_t i = 0; i < 12; ++i) CHECK(contexts[i].nodes == walks[i].nodes);
  for (std::size_t i = 0; i < 6; ++i) {
    const LooContext& shuffled = contexts[12 + i];
    CHECK(shuffled.condition == 2);
    CHECK(shuffled.n == walks[i].n);
    CHECK(shuffled.trial == walks[i].trial);
    CHECK(shuffled.adjacency == walks[i].adjacency);
    CHECK(shuffled.removed == walks[i].removed);
    moved += shuffled.nodes != walks[i].nodes ? 1U : 0U;
    auto words = shuffled.nodes;
    auto expected = walks[i].nodes;
    std::ranges::sort(words);
    std::ranges::sort(expected);
    CHECK(words == expected);
  }
  CHECK(moved >= 5);
}

TEST_CASE("every order of a walk's words is as likely", "[shuffled]") {
  LooContext walk{.n = 3, .nodes = {0, 1, 2}, .adjacency = {}, .removed = {}};
  std::map<std::vector<int>, int> count;
  constexpr int draws = 6000;
  for (int trial = 0; trial < draws; ++trial) {
    walk.trial = trial;
    ++count[shuffled_context(walk, 1, 3).nodes];
  }
  REQUIRE(count.size() == 6);
  // Five binomial standard deviations of 1000.
  for (const auto& [order, times] : count)
    CHECK(std::abs(times - draws / 6) < 5 * std::sqrt(834.0));
}
