// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/label_means.hpp>
#include <phiscope/trace_covariance.hpp>
#include <phiscope/value.hpp>

#include <concepts>
#include <cstdint>
#include <span>

namespace phiscope {

/// Variance of the cluster centres, mean over clusters k of |mu_k - mean over k of mu_k|^2. A
/// centre is the mean over occurrences, so a word weighs as much as it occurs.
///
/// @param rows  [occurrence, unit]
/// @param clusters  [occurrence]
/// @return  activation units squared, >= 0 (0 for one cluster); too_few_rows without a row,
/// nonfinite
/// @throws std::invalid_argument if there is not one cluster per row
/// @see  experiment loo
template <std::floating_point T>
[[nodiscard]] Value between_cluster_phi(MatrixView<T> rows,
                                        std::span<const std::int64_t> clusters) {
  const LabelMeans centres = label_means(rows, clusters);
  if (centres.labels.empty()) return Status::too_few_rows;
  return scatter(centres.view()) / static_cast<double>(centres.labels.size());
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Value between_cluster_phi(const Rows& rows, std::span<const std::int64_t> clusters) {
  return between_cluster_phi(rows_of(rows).view, clusters);
}

}  // namespace phiscope
