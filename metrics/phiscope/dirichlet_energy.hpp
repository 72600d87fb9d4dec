// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/pair_distances.hpp>
#include <phiscope/pairs.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/trace_covariance.hpp>
#include <phiscope/value.hpp>

#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace phiscope {

/// Dirichlet energy over the within pairs, as published: mean over W of |x_a - x_b|^2.
/// @param rows  [row, unit]
/// @return  activation units squared, >= 0; undefined without a pair (no_within_pairs) or nonfinite
/// @throws std::invalid_argument if a pair names a row that is not there
template <std::floating_point T>
[[nodiscard]] Value dirichlet_energy(MatrixView<T> rows, const PairSet& pairs) {
  return mean(squared_distances(rows, pairs.within), Status::no_within_pairs);
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Value dirichlet_energy(const Rows& rows, const PairSet& pairs) {
  return dirichlet_energy(rows_of(rows).view, pairs);
}

/// Dirichlet energy of rows on a graph, in three normalisations.
struct GraphEnergy {
  Value sum;       ///< tr(X^T L X) = sum over i < j of A_ij |x_i - x_j|^2, activation units squared
  Value per_edge;  ///< sum / sum over i < j of A_ij; no_edges if that is zero
  Value rayleigh;  ///< sum / tr(Xc^T Xc), in [0, largest eigenvalue of L]; constant if all rows are
                   ///< equal
};

/// Checks that a matrix can be the adjacency of a graph, as the functions on graphs do first.
/// @param adjacency  [node, node]
/// @throws std::invalid_argument if it is not nodes x nodes, symmetric and >= 0
inline void expect_adjacency(MatrixView<double> adjacency, std::size_t nodes) {
  if (adjacency.rows() != nodes || adjacency.cols() != nodes) {
    throw std::invalid_argument("adjacency is " + std::to_string(adjacency.rows()) + " x " +
                                std::to_string(adjacency.cols()) + ", expected " +
                                std::to_string(nodes) + " x " + std::to_string(nodes));
  }
  for (std::size_t i = 0; i < nodes; ++i) {
    for (std::size_t j = 0; j < nodes; ++j) {
      const double weight = adjacency.row(i)[j];
      if (!(weight >= 0.0) || weight != adjacency.row(j)[i]) {
        throw std::invalid_argument("adjacency at (" + std::to_string(i) + ", " +
                                    std::to_string(j) + ") is " + std::to_string(weight) +
                                    ", expected a symmetric matrix of weights >= 0");
      }
    }
  }
}

/// The same for arrays of any kind that rows_of() takes.
template <DoubleMatrix Adjacency>
void expect_adjacency(const Adjacency& adjacency, std::size_t nodes) {
  return expect_adjacency(rows_of(adjacency).view, nodes);
}

/// Dirichlet energy of the rows on the graph that joins them. Small where neighbours are alike.
///
/// @param rows  [node, unit]
/// @param adjacency  [node, node], symmetric weights >= 0; the diagonal does not matter
/// @return  nonfinite when a row is not finite (per_edge and sum: a row that has an edge)
/// @throws std::invalid_argument if the adjacency is not square, symmetric and >= 0, or of another
/// size
/// @see  experiment loo; Park et al. 2024 use per_edge over the words that are present
template <std::floating_point T>
[[nodiscard]] GraphEnergy graph_energy(MatrixView<T> rows, MatrixView<double> adjacency) {
  expect_adjacency(adjacency, rows.rows());
  CompensatedSum energy;
  CompensatedSum weights;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    for (std::size_t j = i + 1; j < rows.rows(); ++j) {
      const double weight = adjacency.row(i)[j];
      if (weight == 0.0) continue;
      energy += weight * squared_distance(rows.row(i), rows.row(j));
      weights += weight;
    }
  }
  const double variance = scatter(rows);
  return {.sum = energy.value(),
          .per_edge = weights.value() > 0.0 ? Value(energy.value() / weights.value())
                                            : Value(Status::no_edges),
          .rayleigh = variance == 0.0 ? Value(Status::constant) : Value(energy.value() / variance)};
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows, DoubleMatrix Adjacency>
[[nodiscard]] GraphEnergy graph_energy(const Rows& rows, const Adjacency& adjacency) {
  return graph_energy(rows_of(rows).view, rows_of(adjacency).view);
}

/// Energy along the path of the rows: sum over t of |x_(t+1) - x_t|^2.
/// @param rows  [step, unit]
/// @return  activation units squared, >= 0; too_few_rows below two rows, nonfinite
template <std::floating_point T>
[[nodiscard]] Value consecutive_energy(MatrixView<T> rows) {
  if (rows.rows() < 2) return Status::too_few_rows;
  CompensatedSum energy;
  for (std::size_t t = 1; t < rows.rows(); ++t) {
    energy += squared_distance(rows.row(t), rows.row(t - 1));
  }
  return energy.value();
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Value consecutive_energy(const Rows& rows) {
  return consecutive_energy(rows_of(rows).view);
}

/// Consecutive energy in units of the total variance: consecutive_energy() / trace_covariance().
/// @param rows  [step, unit]
/// @return  dimensionless, >= 0; too_few_rows below two rows, constant if all rows are equal,
/// nonfinite
template <std::floating_point T>
[[nodiscard]] Value normalized_consecutive_energy(MatrixView<T> rows) {
  const Value energy = consecutive_energy(rows);
  const Value variance = trace_covariance(rows);
  const Status reason = first_reason(energy.status(), variance.status());
  if (reason != Status::ok) return reason;
  if (variance.value() == 0.0) return Status::constant;
  return energy.value() / variance.value();
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Value normalized_consecutive_energy(const Rows& rows) {
  return normalized_consecutive_energy(rows_of(rows).view);
}

}  // namespace phiscope
