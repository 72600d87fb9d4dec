// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// How well rows lie inside their clusters.
struct Silhouette {
  Value mean;                   ///< over all rows, in [-1, 1]
  std::vector<double> of_rows;  ///< [row]; empty unless the mean is ok
};

/// Silhouette of each row: (b - a) / max(a, b) with a = its mean Euclidean distance to the others
/// of its cluster and b = the mean distance to the rows of the nearest other cluster. 0 for a row
/// that is alone in its cluster, and where both are 0.
///
/// @param rows  [row, unit]
/// @param labels  [row]
/// @return  no_cross_pairs without two clusters; no_within_pairs if every row is alone; nonfinite
/// @throws std::invalid_argument if there is not one label per row
/// @see  Rousseeuw 1987; sklearn.metrics.silhouette_samples
template <std::floating_point T>
[[nodiscard]] Silhouette silhouette(MatrixView<T> rows, std::span<const std::int64_t> labels);

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Silhouette silhouette(const Rows& rows, std::span<const std::int64_t> labels) {
  return silhouette(rows_of(rows).view, labels);
}

template <std::floating_point T>
Silhouette silhouette(MatrixView<T> rows, std::span<const std::int64_t> labels) {
  const std::size_t count = rows.rows();
  if (labels.size() != count) {
    throw std::invalid_argument("silhouette: " + std::to_string(labels.size()) +
                                " labels, expected " + std::to_string(count) + ", one per row");
  }
  std::map<std::int64_t, std::size_t> index_of;
  for (const std::int64_t label : labels) index_of.try_emplace(label, index_of.size());
  const std::size_t clusters = index_of.size();
  if (clusters < 2) return {.mean = Status::no_cross_pairs, .of_rows = {}};
  if (clusters == count) return {.mean = Status::no_within_pairs, .of_rows = {}};
  std::vector<std::size_t> cluster(count);
  std::vector<double> sizes(clusters, 0.0);
  for (std::size_t i = 0; i < count; ++i) {
    cluster[i] = index_of.at(labels[i]);
    sizes[cluster[i]] += 1.0;
  }
  std::vector<double> sums(count * clusters, 0.0);  // [row, cluster], of distances
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = i + 1; j < count; ++j) {
      const double apart = distance(rows.row(i), rows.row(j));
      sums[i * clusters + cluster[j]] += apart;
      sums[j * clusters + cluster[i]] += apart;
    }
  }
  Silhouette result{.mean = Status::nonfinite, .of_rows = std::vector<double>(count, 0.0)};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t own = cluster[i];
    const double within = sums[i * clusters + own] / std::max(sizes[own] - 1.0, 1.0);
    double across = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < clusters; ++c) {
      if (c != own) across = std::min(across, sums[i * clusters + c] / sizes[c]);
    }
    if (!std::isfinite(within) || !std::isfinite(across)) {
      return {.mean = Status::nonfinite, .of_rows = {}};
    }
    const double larger = std::max(within, across);
    if (sizes[own] > 1.0 && larger > 0.0) result.of_rows[i] = (across - within) / larger;
  }
  result.mean = mean_of(std::span<const double>(result.of_rows));
  return result;
}

}  // namespace phiscope
