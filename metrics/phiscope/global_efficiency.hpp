// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Lengths of the shortest ways between all nodes, by Floyd and Warshall in blocks that stay in the
/// cache.
/// @param lengths  [node, node], above 0; infinite where there is no edge; the diagonal is ignored
/// @return  [node, node], 0 on the diagonal, infinite where no way leads
/// @throws std::invalid_argument unless `lengths` is square
/// @see  "Algorithm 97: Shortest path" (Floyd)
[[nodiscard]] inline std::vector<double> shortest_paths(MatrixView<double> lengths);

/// The same for arrays of any kind that rows_of() takes.
template <DoubleMatrix Lengths>
[[nodiscard]] std::vector<double> shortest_paths(const Lengths& lengths) {
  return shortest_paths(rows_of(lengths).view);
}

/// Global efficiency of a weighted network: mean over ordered pairs of nodes of 1 / (length of the
/// shortest way), an edge of weight w having length 1 / w. A pair that no way joins adds 0.
///
/// @param weights  [node, node]; an edge is a weight above 0, so NaN marks a missing one; the
///                 diagonal is ignored
/// @return  at least 0, in the unit of the weights; too_few_rows below two nodes; nonfinite for an
///          infinite weight
/// @throws std::invalid_argument unless `weights` is square
/// @see  "Efficient behavior of small-world networks" (Latora & Marchiori 2001); bctpy
///       efficiency_wei, which divides the weights by the largest one first in most uses
[[nodiscard]] inline Value global_efficiency(MatrixView<double> weights);

/// The same for arrays of any kind that rows_of() takes.
template <DoubleMatrix Weights>
[[nodiscard]] Value global_efficiency(const Weights& weights) {
  return global_efficiency(rows_of(weights).view);
}

namespace detail {

/// A part of a square matrix of distances: rows and columns from `first` to `last`.
struct NodeRange {
  std::size_t first = 0;
  std::size_t last = 0;
};

/// Shortens the distances [rows, columns] by ways through the nodes `via`, one after another.
inline void shorten(std::vector<double>& distance, std::size_t nodes, NodeRange rows,
                    NodeRange columns, NodeRange via) {
  for (std::size_t k = via.first; k < via.last; ++k) {
    const double* const onward = distance.data() + k * nodes;
    for (std::size_t i = rows.first; i < rows.last; ++i) {
      double* const row = distance.data() + i * nodes;
      const double to_k = row[k];
      if (i == k || to_k == std::numeric_limits<double>::infinity()) continue;
      for (std::size_t j = columns.first; j < columns.last; ++j) {
        const double way = to_k + onward[j];
        row[j] = way < row[j] ? way : row[j];
      }
    }
  }
}

/// The same for rows and columns that hold none of the nodes `via`, whose ways are known: their
/// order does not matter, so several are tried at once.
inline void shorten_others(std::vector<double>& distance, std::size_t nodes, NodeRange rows,
                           NodeRange columns, NodeRange via) {
  constexpr std::size_t at_once = 4;
  const auto lower = [](double a, double b) { return a < b ? a : b; };
  std::size_t k = via.first;
  for (; k + at_once <= via.last; k += at_once) {
    const double* const onward = distance.data() + k * nodes;
    for (std::size_t i = rows.first; i < rows.last; ++i) {
      double* const row = distance.data() + i * nodes;
      const double a = row[k], b = row[k + 1], c = row[k + 2], d = row[k + 3];
      for (std::size_t j = columns.first; j < columns.last; ++j) {
        const double first = lower(a + onward[j], b + onward[j + nodes]);
        const double second = lower(c + onward[j + 2 * nodes], d + onward[j + 3 * nodes]);
        row[j] = lower(row[j], lower(first, second));
      }
    }
  }
  shorten(distance, nodes, rows, columns, {k, via.last});
}

}  // namespace detail

inline std::vector<double> shortest_paths(MatrixView<double> lengths) {
  const std::size_t nodes = lengths.rows();
  if (lengths.cols() != nodes) {
    throw std::invalid_argument("shortest_paths: " + std::to_string(nodes) + " x " +
                                std::to_string(lengths.cols()) + " lengths, expected a square");
  }
  std::vector<double> distance;
  distance.reserve(nodes * nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    distance.insert(distance.end(), lengths.row(i).begin(), lengths.row(i).end());
    distance[i * nodes + i] = 0.0;
  }
  constexpr std::size_t width = 64;
  std::vector<detail::NodeRange> blocks;
  for (std::size_t first = 0; first < nodes; first += width) {
    blocks.push_back({first, std::min(first + width, nodes)});
  }
  for (const detail::NodeRange& via : blocks) {
    const auto is_via = [&via](const detail::NodeRange& block) { return block.first == via.first; };
    detail::shorten(distance, nodes, via, via, via);
    for (const detail::NodeRange& block : blocks) {
      if (is_via(block)) continue;
      detail::shorten(distance, nodes, via, block, via);
      detail::shorten(distance, nodes, block, via, via);
    }
    for (const detail::NodeRange& rows : blocks) {
      for (const detail::NodeRange& columns : blocks) {
        if (!is_via(rows) && !is_via(columns)) {
          detail::shorten_others(distance, nodes, rows, columns, via);
        }
      }
    }
  }
  return distance;
}

inline Value global_efficiency(MatrixView<double> weights) {
  const std::size_t nodes = weights.rows();
  if (weights.cols() != nodes) {
    throw std::invalid_argument("global_efficiency: " + std::to_string(nodes) + " x " +
                                std::to_string(weights.cols()) + " weights, expected a square");
  }
  if (nodes < 2) return Status::too_few_rows;
  std::vector<double> lengths(nodes * nodes, std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < nodes; ++i) {
    for (std::size_t j = 0; j < nodes; ++j) {
      const double weight = weights.row(i)[j];
      if (i == j || !(weight > 0.0)) continue;
      if (std::isinf(weight)) return Status::nonfinite;
      lengths[i * nodes + j] = 1.0 / weight;
    }
  }
  const std::vector<double> distance = shortest_paths({lengths, nodes, nodes});
  CompensatedSum sum;
  for (std::size_t i = 0; i < nodes; ++i) {
    for (std::size_t j = 0; j < nodes; ++j) {
      if (i != j) sum += 1.0 / distance[i * nodes + j];
    }
  }
  return sum.value() / static_cast<double>(nodes * (nodes - 1));
}

}  // namespace phiscope
