// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace phiscope::detail {

/// A network whose nodes may stand for several nodes of another.
struct Network {
  std::size_t nodes = 0;
  std::vector<double> weights;   ///< [node, node], symmetric; the diagonal holds what lies inside
  std::vector<double> strength;  ///< [node]
  double both_ways = 0.0;        ///< sum of the strengths
};

/// One round: every node in turn goes where modularity grows most, until none wants to move.
/// @return  [node], labels below nodes; empty if nothing moved
[[nodiscard]] inline std::vector<std::size_t> move_nodes(const Network& network) {
  const std::size_t nodes = network.nodes;
  std::vector<std::size_t> label(nodes);
  for (std::size_t i = 0; i < nodes; ++i) label[i] = i;
  std::vector<double> strength = network.strength;  // of each community
  std::vector<double> link(nodes);                  // of the node to each community
  bool any = false;
  for (bool moved = true; moved;) {
    moved = false;
    for (std::size_t i = 0; i < nodes; ++i) {
      link.assign(nodes, 0.0);
      for (std::size_t j = 0; j < nodes; ++j) {
        if (j != i) link[label[j]] += network.weights[i * nodes + j];
      }
      strength[label[i]] -= network.strength[i];
      const double own = network.strength[i] / network.both_ways;
      std::size_t best = label[i];
      double gain = link[best] - own * strength[best];
      // A gain within rounding is none: two equal communities would exchange a node for ever.
      const double least = 1e-12 * network.both_ways;
      for (std::size_t c = 0; c < nodes; ++c) {
        const double other = link[c] - own * strength[c];
        if (link[c] > 0.0 && other > gain + least) {
          best = c;
          gain = other;
        }
      }
      strength[best] += network.strength[i];
      if (best != label[i]) moved = any = true;
      label[i] = best;
    }
  }
  return any ? label : std::vector<std::size_t>();
}

/// Labels as 0, 1, ... in the order of their first node; returns their number.
inline std::size_t number_labels(std::vector<std::size_t>& labels) {
  std::map<std::size_t, std::size_t> number;
  for (std::size_t& label : labels) label = number.emplace(label, number.size()).first->second;
  return number.size();
}

/// The network of the communities.
[[nodiscard]] inline Network merged(const Network& network, std::span<const std::size_t> label,
                                    std::size_t count) {
  Network result{.nodes = count,
                 .weights = std::vector<double>(count * count, 0.0),
                 .strength = std::vector<double>(count, 0.0),
                 .both_ways = network.both_ways};
  for (std::size_t i = 0; i < network.nodes; ++i) {
    for (std::size_t j = 0; j < network.nodes; ++j) {
      result.weights[label[i] * count + label[j]] += network.weights[i * network.nodes + j];
    }
    result.strength[label[i]] += network.strength[i];
  }
  return result;
}

}  // namespace phiscope::detail
