// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/community_moves.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Newman's modularity of a partition: the share of the edges' weight that lies inside communities,
/// less what would lie there if edges joined nodes at random with their strengths kept:
/// sum_ij (A_ij - k_i k_j / 2m) [c_i = c_j] / 2m.
///
/// @param weights  [node, node], symmetric; an edge is a weight above 0, so NaN marks a missing
///                 one; the diagonal is ignored
/// @param communities  [node], any labels
/// @return  in [-1/2, 1); no_edges without an edge; nonfinite for an infinite weight
/// @throws std::invalid_argument unless `weights` is square with as many rows as labels
/// @see  "Analysis of weighted networks" (Newman 2004)
[[nodiscard]] inline Value modularity(MatrixView<double> weights,
                                      std::span<const std::size_t> communities);

/// The same for arrays of any kind that rows_of() takes.
template <DoubleMatrix Weights>
[[nodiscard]] Value modularity(const Weights& weights, std::span<const std::size_t> communities) {
  return modularity(rows_of(weights).view, communities);
}

/// A partition of a network and its modularity.
struct Communities {
  std::vector<std::size_t> community;  ///< [node], numbered from 0 by their first node
  std::size_t count = 0;
  Value modularity = Status::no_edges;
};

/// A partition of high modularity: nodes move in the order of their index, ties go to the community
/// with the lowest label, communities become nodes, until nothing moves. No random number enters,
/// so equal networks give equal partitions.
///
/// @param weights  as for modularity()
/// @return  one community a node where the modularity is undefined
/// @throws std::invalid_argument unless `weights` is square
/// @see  "Fast unfolding of communities in large networks" (Blondel et al. 2008), there in random
///       order
[[nodiscard]] inline Communities communities(MatrixView<double> weights);

/// The same for arrays of any kind that rows_of() takes.
template <DoubleMatrix Weights>
[[nodiscard]] Communities communities(const Weights& weights) {
  return communities(rows_of(weights).view);
}

namespace detail {

inline void expect_weights(MatrixView<double> weights, const char* function) {
  if (weights.cols() == weights.rows()) return;
  throw std::invalid_argument(std::string(function) + ": " + std::to_string(weights.rows()) +
                              " x " + std::to_string(weights.cols()) +
                              " weights, expected a square");
}

/// Weight of the edge, 0 where there is none.
[[nodiscard]] inline double edge_weight(MatrixView<double> weights, std::size_t i, std::size_t j) {
  const double weight = weights.row(i)[j];
  return i != j && weight > 0.0 ? weight : 0.0;
}

}  // namespace detail

inline Value modularity(MatrixView<double> weights, std::span<const std::size_t> communities) {
  detail::expect_weights(weights, "modularity");
  const std::size_t nodes = weights.rows();
  if (communities.size() != nodes) {
    throw std::invalid_argument("modularity: " + std::to_string(communities.size()) +
                                " labels, expected " + std::to_string(nodes) + ", one per node");
  }
  std::map<std::size_t, double> strength_of;  // of each community
  CompensatedSum inside;
  CompensatedSum total;
  for (std::size_t i = 0; i < nodes; ++i) {
    CompensatedSum strength;
    for (std::size_t j = 0; j < nodes; ++j) {
      const double weight = detail::edge_weight(weights, i, j);
      strength += weight;
      if (communities[i] == communities[j]) inside += weight;
    }
    strength_of[communities[i]] += strength.value();
    total += strength.value();
  }
  const double both_ways = total.value();  // 2m
  if (!std::isfinite(both_ways)) return Status::nonfinite;
  if (both_ways == 0.0) return Status::no_edges;
  CompensatedSum expected;
  for (const auto& [label, strength] : strength_of) {
    expected += (strength / both_ways) * (strength / both_ways);
  }
  return inside.value() / both_ways - expected.value();
}

inline Communities communities(MatrixView<double> weights) {
  detail::expect_weights(weights, "communities");
  const std::size_t nodes = weights.rows();
  detail::Network network{.nodes = nodes,
                          .weights = std::vector<double>(nodes * nodes, 0.0),
                          .strength = std::vector<double>(nodes, 0.0),
                          .both_ways = 0.0};
  Communities result;
  for (std::size_t i = 0; i < nodes; ++i) {
    result.community.push_back(i);
    for (std::size_t j = 0; j < nodes; ++j) {
      network.weights[i * nodes + j] = detail::edge_weight(weights, i, j);
      network.strength[i] += network.weights[i * nodes + j];
    }
    network.both_ways += network.strength[i];
  }
  result.count = nodes;
  result.modularity = modularity(weights, result.community);
  if (!result.modularity.ok()) return result;
  while (true) {
    std::vector<std::size_t> label = detail::move_nodes(network);
    if (label.empty()) break;
    result.count = detail::number_labels(label);
    for (std::size_t& community : result.community) community = label[community];
    network = detail::merged(network, label, result.count);
  }
  result.modularity = modularity(weights, result.community);
  return result;
}

}  // namespace phiscope
