// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/unit_rows.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

namespace phiscope {

/// Coherence of clusters in direction: mean over all pairs of w cos(x_i, x_j), with w = 1 in the
/// same cluster and -0.5 in different ones.
///
/// @param rows  [occurrence, unit]
/// @param clusters  [occurrence]
/// @return  in [-1, 1]; too_few_rows below two rows, zero_norm, nonfinite
/// @throws std::invalid_argument if there is not one cluster per row
/// @see  experiment loo
template <std::floating_point T>
[[nodiscard]] Value representation_coherence(MatrixView<T> rows,
                                             std::span<const std::int64_t> clusters) {
  if (clusters.size() != rows.rows()) {
    throw std::invalid_argument("representation_coherence: " + std::to_string(clusters.size()) +
                                " clusters, expected " + std::to_string(rows.rows()) +
                                ", one per row");
  }
  if (rows.rows() < 2) return Status::too_few_rows;
  const UnitRows unit = unit_rows(rows);
  if (unit.status != Status::ok) return unit.status;
  const MatrixView<double> u = unit.view();
  CompensatedSum sum;
  double pairs = 0.0;
  for (std::size_t i = 0; i < u.rows(); ++i) {
    for (std::size_t j = i + 1; j < u.rows(); ++j) {
      sum += (clusters[i] == clusters[j] ? 1.0 : -0.5) * dot(u.row(i), u.row(j));
      pairs += 1.0;
    }
  }
  return sum.value() / pairs;
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Value representation_coherence(const Rows& rows,
                                             std::span<const std::int64_t> clusters) {
  return representation_coherence(rows_of(rows).view, clusters);
}

}  // namespace phiscope
