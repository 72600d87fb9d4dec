// SPDX-License-Identifier: MIT
#include "loo/walk.hpp"

#include "catch.hpp"

#include <cstddef>
#include <random>

using namespace phiscope::extract;

TEST_CASE("the words of both conditions have one structure", "[walk]") {
  const Vocabulary semantic = semantic_words();
  const Vocabulary unrelated = unrelated_words();
  CHECK(semantic.cluster == unrelated.cluster);
  CHECK(semantic.group == unrelated.group);
  REQUIRE(semantic.words.size() == 12);
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(semantic.cluster[i] == static_cast<int>(i / 4));
    CHECK(semantic.group[i] == static_cast<int>(i % 4));
  }
}

TEST_CASE("uniform_below is unbiased by modulo and stays below its limit", "[walk]") {
  std::mt19937_64 engine(5);
  std::vector<int> counts(3, 0);
  for (int i = 0; i < 30000; ++i) ++counts[uniform_below(engine, 3)];
  for (const int count : counts) CHECK(count == Approx(10000).margin(300));
}

TEST_CASE("the generator is the one that the standard fixes", "[walk]") {
  std::mt19937_64 engine;
  engine.discard(9999);
  CHECK(engine() == 9981545732273789042ULL);
}

TEST_CASE("a random graph is connected, symmetric and without loops", "[walk]") {
  const Vocabulary words = semantic_words();
  int within = 0;
  int across = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::mt19937_64 engine(seed);
    const Adjacency graph = random_graph(words.cluster, engine);
    REQUIRE(components(graph) == std::vector<std::size_t>(12, 0));
    for (std::size_t i = 0; i < 12; ++i) {
      REQUIRE(graph[i][i] == 0);
      for (std::size_t j = 0; j < i; ++j) {
        REQUIRE(graph[i][j] == graph[j][i]);
        (words.cluster[i] == words.cluster[j] ? within : across) += graph[i][j];
      }
    }
  }
  // 18 pairs inside clusters, 48 across; joining components adds a few across.
  CHECK(within / (400.0 * 18) == Approx(0.8).margin(0.02));
  CHECK(across / (400.0 * 48) == Approx(0.1).margin(0.02));
}

TEST_CASE("components are joined even when no edge was drawn across", "[walk]") {
  // Every word its own cluster of one: across only, so the draw leaves pieces to join.
  std::vector<int> cluster(12);
  for (int i = 0; i < 12; ++i) cluster[static_cast<std::size_t>(i)] = i;
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937_64 engine(seed);
    CHECK(components(random_graph(cluster, engine)) == std::vector<std::size_t>(12, 0));
  }
}

TEST_CASE("a walk follows edges and visits all neighbours equally often", "[walk]") {
  const Adjacency star = {{0, 1, 1, 1}, {1, 0, 0, 0}, {1, 0, 0, 0}, {1, 0, 0, 0}};
  std::mt19937_64 engine(1);
  const std::vector<int> walk = random_walk(star, 6001, engine);
  REQUIRE(walk.size() == 6001);
  std::vector<int> visits(4, 0);
  for (std::size_t i = 1; i < walk.size(); ++i) {
    REQUIRE(star[static_cast<std::size_t>(walk[i - 1])][static_cast<std::size_t>(walk[i])] == 1);
    ++visits[static_cast<std::size_t>(walk[i])];
  }
  for (std::size_t leaf = 1; leaf < 4; ++leaf) CHECK(visits[leaf] == Approx(1000).margin(110));
}

TEST_CASE("a walk that cannot continue is an error", "[walk]") {
  std::mt19937_64 engine(1);
  CHECK_THROWS_AS(random_walk({{0, 0}, {0, 0}}, 3, engine), std::invalid_argument);
}
