// SPDX-License-Identifier: MIT
#include "loo/analysis/mixing.hpp"

#include "catch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

using namespace phiscope::analyze::loo;
using phiscope::Cross;
using phiscope::Value;

namespace {

constexpr std::size_t mixed_words = 12;

/// Three clusters of four words, and four groups across them.
Condition three_clusters() {
  Condition condition{.name = "random", .words = {}, .partition = {}};
  for (std::int64_t word = 0; word < 12; ++word) {
    condition.words.push_back(std::to_string(word));
    condition.partition.cluster.push_back(word / 4);
    condition.partition.group.push_back(word % 4);
  }
  return condition;
}

double mixing_uniform(std::mt19937_64& engine) {
  return static_cast<double>(engine() >> 11U) * 0x1p-53;
}

std::size_t mixing_below(std::mt19937_64& engine, std::size_t n) {
  return std::min(n - 1, static_cast<std::size_t>(mixing_uniform(engine) * static_cast<double>(n)));
}

/// By Box and Muller: the normal distribution of the standard library differs between platforms.
double normal(std::mt19937_64& engine) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - mixing_uniform(engine)));
  return radius * std::cos(2.0 * 3.14159265358979323846 * mixing_uniform(engine));
}

using Edges = std::array<std::array<bool, mixed_words>, mixed_words>;

/// The words that a walk from `from` can reach.
std::vector<std::size_t> component(const Edges& edges, std::size_t from) {
  std::vector<std::size_t> reached = {from};
  for (std::size_t next = 0; next < reached.size(); ++next) {
    for (std::size_t word = 0; word < mixed_words; ++word) {
      const bool known = std::find(reached.begin(), reached.end(), word) != reached.end();
      if (edges[reached[next]][word] && !known) reached.push_back(word);
    }
  }
  return reached;
}

/// A graph as `extract loo` draws it: edges with probability 0.8 within clusters and 0.1 across,
/// and one more between what is not connected.
Edges random_edges(std::mt19937_64& engine) {
  Edges edges = {};
  for (std::size_t i = 0; i < mixed_words; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      edges[i][j] = edges[j][i] = mixing_uniform(engine) < (i / 4 == j / 4 ? 0.8 : 0.1);
    }
  }
  for (std::size_t word = 1; word < mixed_words; ++word) {
    const std::vector<std::size_t> first = component(edges, 0);
    if (std::find(first.begin(), first.end(), word) != first.end()) continue;
    const std::size_t i = first[mixing_below(engine, first.size())];
    const std::vector<std::size_t> other = component(edges, word);
    const std::size_t j = other[mixing_below(engine, other.size())];
    edges[i][j] = edges[j][i] = true;
  }
  return edges;
}

Walk random_walk(std::mt19937_64& engine, std::size_t length) {
  const Edges edges = random_edges(engine);
  Walk walk;
  walk.n = static_cast<std::int64_t>(length);
  std::size_t at = mixing_below(engine, mixed_words);
  while (walk.nodes.size() < length) {
    walk.nodes.push_back(static_cast<std::int64_t>(at));
    std::size_t next = mixing_below(engine, mixed_words);
    while (!edges[at][next]) next = mixing_below(engine, mixed_words);
    at = next;
  }
  return walk;
}

WordEmbeddings random_vectors(std::mt19937_64& engine, std::size_t units) {
  WordEmbeddings vectors(mixed_words, std::vector<double>(units));
  for (auto& vector : vectors) {
    for (double& value : vector) value = normal(engine);
  }
  return vectors;
}

/// Mean and standard error over simulated walks.
struct Simulated {
  double sum = 0.0;
  double squares = 0.0;
  double walks = 0.0;

  void add(const Value& value) {
    if (!value.ok()) return;  // a walk that stays in one cluster has no cross pairs
    sum += value.value();
    squares += value.value() * value.value();
    walks += 1.0;
  }
  double mean() const { return sum / walks; }
  double error() const { return std::sqrt((squares / walks - mean() * mean()) / walks); }
};

}  // namespace

TEST_CASE("mixing on paper: each position is half its predecessor", "[mixing]") {
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

TEST_CASE("mixing on paper: the occurrences that represent a word", "[mixing]") {
  const Condition condition{
      .name = "two", .words = {"a", "b", "c"}, .partition = {{0, 0, 1}, {0, 1, 0}}};
  Walk walk;
  walk.n = 4;
  walk.nodes = {0, 1, 2, 0};
  const WordEmbeddings embeddings = {{0}, {4}, {20}};
  const std::vector<std::int64_t> words = {0, 1, 2};
  const auto ratio = [&](Sink sink, Occurrence occurrence) {
    return neighbour_mixing(walk, condition, words, embeddings, sink, occurrence, Cross::groups)
        .ratio;
  };
  // b = 2 and c = 12 throughout; a is 0 at first and 10 in the end.
  CHECK(ratio(Sink::keep, Occurrence::mean).value() == Approx(7.0 / 3.0));  // a = 5
  CHECK(ratio(Sink::drop, Occurrence::mean) == Value(0.25));
  CHECK(ratio(Sink::keep, Occurrence::first) == Value(6.0));
  CHECK(ratio(Sink::drop, Occurrence::first) == Value(0.25));
  CHECK(ratio(Sink::keep, Occurrence::last) == Value(0.25));
}

TEST_CASE("random vectors on walks of 100 words have the ratios that NumPy finds", "[mixing]") {
  // Of 15999 such walks with 64 units, simulated in NumPy: mean (standard deviation 0.11, 0.11,
  // 0.08, 0.14 and 0.03, standard error below 0.0012).
  struct Case {
    Sink sink;
    Occurrence occurrence;
    double expected;
  };
  const std::array<Case, 4> cases = {{{Sink::keep, Occurrence::mean, 1.3338},
                                      {Sink::drop, Occurrence::mean, 1.3431},
                                      {Sink::keep, Occurrence::first, 1.1681},
                                      {Sink::keep, Occurrence::last, 1.2706}}};
  const Condition condition = three_clusters();
  std::array<Simulated, cases.size()> mixed;
  Simulated unmixed;
  std::mt19937_64 engine(20);
  for (int draw = 0; draw < 1000; ++draw) {
    const Walk walk = random_walk(engine, 100);
    const WordEmbeddings vectors = random_vectors(engine, 64);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const auto& [sink, occurrence, expected] = cases[i];
      const Mixing found = neighbour_mixing(walk, condition, present_words(walk, -1, sink), vectors,
                                            sink, occurrence, Cross::groups);
      CHECK(found.unmixed == 0);
      mixed[i].add(found.ratio);
      if (i == 0) unmixed.add(found.embedding);
    }
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i, mixed[i].mean(), mixed[i].error());
    CHECK(mixed[i].walks >= 995.0);
    CHECK(mixed[i].error() < 0.005);
    CHECK(std::abs(mixed[i].mean() - cases[i].expected) < 3.0 * mixed[i].error());
  }
  CHECK(std::abs(unmixed.mean() - 1.0006) < 3.0 * unmixed.error());
}
