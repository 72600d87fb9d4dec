// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/unit_rows.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/graph_adherence.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace phiscope {

/// Agreement of neighbours by direction with neighbours in the graph: mean over the tokens that
/// have a graph neighbour of |k nearest tokens by cosine and graph neighbours| / min(k, number of
/// those), with k cut to the number of other tokens. Of equally near tokens the earlier one counts
/// as nearer.
///
/// @param rows  [token, unit]
/// @param nodes  [token]: node of each token
/// @param adjacency  [node, node], symmetric, >= 0; an edge is a weight > 0
/// @return  in [0, 1]; too_few_rows below two rows, no_edges, zero_norm, nonfinite
/// @throws std::invalid_argument if k is 0, a size differs, or a node is not in the graph
/// @see  experiment loo, neighbor_consistency
template <std::floating_point T>
[[nodiscard]] Value neighbor_consistency(MatrixView<T> rows, std::span<const std::int64_t> nodes,
                                         MatrixView<double> adjacency, std::size_t k = 5) {
  detail::expect_nodes(nodes, rows.rows(), adjacency);
  if (k == 0) throw std::invalid_argument("neighbor_consistency: k is 0, expected at least 1");
  const std::size_t n = rows.rows();
  if (n < 2) return Status::too_few_rows;
  k = std::min(k, n - 1);
  const UnitRows unit = unit_rows(rows);
  const MatrixView<double> u = unit.view();

  CompensatedSum sum;
  double tokens = 0.0;
  std::vector<double> cosine(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto is_neighbor = [&](std::size_t j) {
      return j != i && detail::joined(adjacency, nodes[i], nodes[j]);
    };
    std::vector<std::size_t> others;
    std::size_t neighbors = 0;
    for (std::size_t j = 0; j < n; ++j) {
      if (j == i) continue;
      others.push_back(j);
      cosine[j] = dot(u.row(i), u.row(j));
      if (is_neighbor(j)) ++neighbors;
    }
    if (neighbors == 0) continue;
    tokens += 1.0;
    if (unit.status != Status::ok) continue;
    const auto kth = others.begin() + static_cast<std::ptrdiff_t>(k);
    std::partial_sort(others.begin(), kth, others.end(), [&](std::size_t a, std::size_t b) {
      return cosine[a] > cosine[b] || (cosine[a] == cosine[b] && a < b);
    });
    const auto hits = std::count_if(others.begin(), kth, is_neighbor);
    sum += static_cast<double>(hits) / static_cast<double>(std::min(k, neighbors));
  }
  if (tokens == 0.0) return Status::no_edges;
  if (unit.status != Status::ok) return unit.status;
  return sum.value() / tokens;
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows, DoubleMatrix Adjacency>
[[nodiscard]] Value neighbor_consistency(const Rows& rows, std::span<const std::int64_t> nodes,
                                         const Adjacency& adjacency, std::size_t k = 5) {
  return neighbor_consistency(rows_of(rows).view, nodes, rows_of(adjacency).view, k);
}

}  // namespace phiscope
