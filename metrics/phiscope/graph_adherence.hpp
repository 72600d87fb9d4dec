// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/unit_rows.hpp>
#include <phiscope/dirichlet_energy.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/label_means.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Mean "distance" of the token pairs that an edge of the graph joins.
struct EdgeEnergy {
  Value l2;      ///< mean of |x - y|^2, activation units squared
  Value cosine;  ///< mean of (1 - cos)^2, in [0, 4]
};

/// Distance between cluster centres over distance inside the clusters.
struct CentroidSeparation {
  Value l2;      ///< with |x - y|
  Value cosine;  ///< with 1 - cos
};

/// Smoothness of token rows over the graph of their words: means over the token pairs joined by an
/// edge.
///
/// @param rows  [token, unit]
/// @param nodes  [token]: node of each token
/// @param adjacency  [node, node], symmetric, >= 0; an edge is a weight > 0
/// @return  no_edges if no two tokens are joined; zero_norm (cosine) and nonfinite
/// @throws std::invalid_argument if a size differs, a node is not in the graph, or it is not
/// symmetric
/// @see  experiment loo, adherence_dirichlet
template <std::floating_point T>
[[nodiscard]] EdgeEnergy edge_energy(MatrixView<T> rows, std::span<const std::int64_t> nodes,
                                     MatrixView<double> adjacency);

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows, DoubleMatrix Adjacency>
[[nodiscard]] EdgeEnergy edge_energy(const Rows& rows, std::span<const std::int64_t> nodes,
                                     const Adjacency& adjacency) {
  return edge_energy(rows_of(rows).view, nodes, rows_of(adjacency).view);
}

/// Mean distance between cluster centres over the mean distance of token pairs in the same cluster
/// (at least 1e-8).
///
/// @param rows  [token, unit]
/// @param clusters  [token]
/// @return  >= 0; no_cross_pairs with fewer than two clusters, no_within_pairs when no cluster has
/// two
///          tokens, zero_norm (cosine), nonfinite
/// @throws std::invalid_argument if there is not one cluster per row
/// @see  experiment loo, adherence_cluster_separation
template <std::floating_point T>
[[nodiscard]] CentroidSeparation centroid_separation(MatrixView<T> rows,
                                                     std::span<const std::int64_t> clusters);

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] CentroidSeparation centroid_separation(const Rows& rows,
                                                     std::span<const std::int64_t> clusters) {
  return centroid_separation(rows_of(rows).view, clusters);
}

namespace detail {

/// @throws std::invalid_argument unless there is one node per row and every node is in the graph
inline void expect_nodes(std::span<const std::int64_t> nodes, std::size_t rows,
                         MatrixView<double> adjacency) {
  expect_adjacency(adjacency, adjacency.rows());
  if (nodes.size() != rows) {
    throw std::invalid_argument(std::to_string(nodes.size()) + " nodes, expected " +
                                std::to_string(rows) + ", one per row");
  }
  for (const std::int64_t node : nodes) {
    if (node < 0 || static_cast<std::size_t>(node) >= adjacency.rows()) {
      throw std::invalid_argument("node " + std::to_string(node) + " of a graph of " +
                                  std::to_string(adjacency.rows()) + " nodes");
    }
  }
}

inline bool joined(MatrixView<double> adjacency, std::int64_t a, std::int64_t b) {
  return adjacency.row(static_cast<std::size_t>(a))[static_cast<std::size_t>(b)] > 0.0;
}

}  // namespace detail

template <std::floating_point T>
EdgeEnergy edge_energy(MatrixView<T> rows, std::span<const std::int64_t> nodes,
                       MatrixView<double> adjacency) {
  detail::expect_nodes(nodes, rows.rows(), adjacency);
  const UnitRows unit = unit_rows(rows);
  const MatrixView<double> u = unit.view();
  CompensatedSum l2;
  CompensatedSum cosine;
  double edges = 0.0;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    for (std::size_t j = i + 1; j < rows.rows(); ++j) {
      if (!detail::joined(adjacency, nodes[i], nodes[j])) continue;
      // |u - v|^2 / 2 = 1 - cos, without the cancellation.
      const double distance = squared_distance(u.row(i), u.row(j)) / 2.0;
      l2 += squared_distance(rows.row(i), rows.row(j));
      cosine += distance * distance;
      edges += 1.0;
    }
  }
  if (edges == 0.0) return {.l2 = Status::no_edges, .cosine = Status::no_edges};
  return {.l2 = l2.value() / edges,
          .cosine = unit.status == Status::ok ? Value(cosine.value() / edges) : Value(unit.status)};
}

template <std::floating_point T>
CentroidSeparation centroid_separation(MatrixView<T> rows, std::span<const std::int64_t> clusters) {
  const LabelMeans centres = label_means(rows, clusters);
  const UnitRows unit = unit_rows(rows);
  const UnitRows unit_centres = unit_rows(centres.view());

  struct Mean {
    CompensatedSum l2;
    CompensatedSum cosine;
    double pairs = 0.0;
  };
  const auto add = [](Mean& mean, auto x, MatrixView<double> u, std::size_t i, std::size_t j) {
    mean.l2 += distance(x.row(i), x.row(j));
    mean.cosine += squared_distance(u.row(i), u.row(j)) / 2.0;
    mean.pairs += 1.0;
  };
  Mean between;
  Mean within;
  for (std::size_t k = 0; k < centres.labels.size(); ++k) {
    for (std::size_t other = k + 1; other < centres.labels.size(); ++other) {
      add(between, centres.view(), unit_centres.view(), k, other);
    }
    const std::vector<std::size_t>& members = centres.rows[k];
    for (std::size_t a = 0; a < members.size(); ++a) {
      for (std::size_t b = a + 1; b < members.size(); ++b) {
        add(within, rows, unit.view(), members[a], members[b]);
      }
    }
  }
  if (between.pairs == 0.0) return {.l2 = Status::no_cross_pairs, .cosine = Status::no_cross_pairs};
  if (within.pairs == 0.0)
    return {.l2 = Status::no_within_pairs, .cosine = Status::no_within_pairs};
  const auto ratio = [&](double numerator, double denominator) {
    // Not std::max: it would drop a NaN.
    denominator /= within.pairs;
    return Value(numerator / between.pairs / (denominator < 1e-8 ? 1e-8 : denominator));
  };
  const Status reason = first_reason(unit.status, unit_centres.status);
  return {.l2 = ratio(between.l2.value(), within.l2.value()),
          .cosine = reason == Status::ok ? ratio(between.cosine.value(), within.cosine.value())
                                         : Value(reason)};
}

}  // namespace phiscope
