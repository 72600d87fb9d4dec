// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope::extract {

/// Symmetric 0/1 adjacency without loops, [node, node].
using Adjacency = std::vector<std::vector<int>>;

/// Words that are nodes of a graph, in clusters and, across them, in groups of meaning.
struct Vocabulary {
  std::string name;
  std::vector<std::string> words;
  std::vector<int> cluster;  ///< [word]
  std::vector<int> group;    ///< [word]
};

/// The twelve words of the experiment in three clusters of four; node ids are cluster-major.
inline Vocabulary semantic_words() {
  return {.name = "semantic",
          .words = {"cat", "computer", "tomato", "chair", "dog", "television", "potato", "table",
                    "bird", "radio", "carrot", "desk"},
          .cluster = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2},
          .group = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3}};
}

/// The control: the same structure over words without relation.
inline Vocabulary unrelated_words() {
  return {.name = "unrelated",
          .words = {"piano", "cloud", "window", "garden", "river", "pencil", "coffee", "mirror",
                    "hammer", "mountain", "bicycle", "blanket"},
          .cluster = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2},
          .group = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3}};
}

/// Uniform integer in [0, n), unbiased, the same on every platform (std distributions are not).
inline std::size_t uniform_below(std::mt19937_64& engine, std::size_t n) {
  const std::uint64_t limit = std::mt19937_64::max() - std::mt19937_64::max() % n;
  std::uint64_t draw = engine();
  while (draw >= limit) draw = engine();
  return static_cast<std::size_t>(draw % n);
}

/// Uniform in [0, 1) with 53 random bits.
inline double uniform_unit(std::mt19937_64& engine) {
  return static_cast<double>(engine() >> 11U) * 0x1.0p-53;
}

/// Component of every node: the smallest node that it can reach.
inline std::vector<std::size_t> components(const Adjacency& graph) {
  std::vector<std::size_t> label(graph.size());
  for (std::size_t i = 0; i < graph.size(); ++i) label[i] = i;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < graph.size(); ++i) {
      for (std::size_t j = 0; j < graph.size(); ++j) {
        if (graph[i][j] != 0 && label[j] < label[i]) {
          label[i] = label[j];
          changed = true;
        }
      }
    }
  }
  return label;
}

/// A random graph over clusters: for i < j row by row an edge with probability 0.8 inside a cluster
/// and 0.1 across; then every component is joined to node 0's by one edge between random nodes.
inline Adjacency random_graph(const std::vector<int>& cluster, std::mt19937_64& engine) {
  const std::size_t n = cluster.size();
  Adjacency graph(n, std::vector<int>(n, 0));
  const auto connect = [&](std::size_t i, std::size_t j) { graph[i][j] = graph[j][i] = 1; };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      if (uniform_unit(engine) < (cluster[i] == cluster[j] ? 0.8 : 0.1)) connect(i, j);
    }
  }
  for (;;) {
    const std::vector<std::size_t> label = components(graph);
    std::vector<std::size_t> first;
    std::vector<std::size_t> other;
    std::size_t lost = 0;  // label of the first component that node 0 does not reach
    for (std::size_t i = 0; i < n; ++i) {
      if (label[i] != 0 && lost == 0) lost = label[i];
    }
    if (lost == 0) return graph;
    for (std::size_t i = 0; i < n; ++i) {
      if (label[i] == 0) first.push_back(i);
      if (label[i] == lost) other.push_back(i);
    }
    connect(first[uniform_below(engine, first.size())], other[uniform_below(engine, other.size())]);
  }
}

/// A walk of `length` nodes from a uniform start, each step uniform over the neighbours.
/// @throws std::invalid_argument if a node without neighbours is reached
inline std::vector<int> random_walk(const Adjacency& graph, std::size_t length,
                                    std::mt19937_64& engine) {
  std::vector<int> walk;
  std::size_t node = uniform_below(engine, graph.size());
  while (walk.size() < length) {
    walk.push_back(static_cast<int>(node));
    std::vector<std::size_t> neighbours;
    for (std::size_t j = 0; j < graph.size(); ++j) {
      if (graph[node][j] != 0) neighbours.push_back(j);
    }
    if (neighbours.empty()) {
      throw std::invalid_argument("random_walk: node " + std::to_string(node) +
                                  " has no neighbour");
    }
    node = neighbours[uniform_below(engine, neighbours.size())];
  }
  return walk;
}

}  // namespace phiscope::extract
