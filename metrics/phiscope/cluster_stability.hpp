// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/adjusted_rand_index.hpp>
#include <phiscope/arrays.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/k_means.hpp>
#include <phiscope/matrix_view.hpp>
#include <phiscope/random.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

namespace phiscope {

struct StabilityOptions {
  KMeansOptions clustering = {};
  std::size_t resamples = 100;
  std::uint64_t seed = 0;
};

/// Whether other samples of the same rows would be clustered alike.
struct ClusterStability {
  Value mean;                        ///< over the resamples with an index
  std::vector<Value> indices;        ///< [resample]: adjusted Rand index with all rows' clusters
  std::vector<std::int64_t> labels;  ///< [row], of k_means() of all rows
};

/// Stability of k-means: rows are drawn with replacement and clustered, each row of the data takes
/// the nearest of those centres (the lower index of equally near ones), and the adjusted Rand index
/// compares that with the clusters of all rows. 1: always the same clusters; 0: chance.
///
/// @param rows  [row, unit]
/// @return  the status of k_means() where that is undefined; constant when no resample has an index
///          (one cluster)
/// @throws std::invalid_argument if resamples is 0, or as k_means() does
/// @see  Fang and Wang 2012; Hennig 2007
template <std::floating_point T>
[[nodiscard]] ClusterStability cluster_stability(MatrixView<T> rows,
                                                 const StabilityOptions& options = {});

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] ClusterStability cluster_stability(const Rows& rows,
                                                 const StabilityOptions& options = {}) {
  return cluster_stability(rows_of(rows).view, options);
}

namespace detail {

/// For each row the nearest of the centres, [cluster, unit].
template <std::floating_point T>
[[nodiscard]] std::vector<std::int64_t> nearest_centres(MatrixView<T> rows,
                                                        MatrixView<double> centres) {
  std::vector<std::int64_t> labels(rows.rows(), 0);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    double least = 0.0;
    for (std::size_t c = 0; c < centres.rows(); ++c) {
      const double apart = squared_distance(rows.row(i), centres.row(c));
      if (c > 0 && !(apart < least)) continue;
      least = apart;
      labels[i] = static_cast<std::int64_t>(c);
    }
  }
  return labels;
}

}  // namespace detail

template <std::floating_point T>
ClusterStability cluster_stability(MatrixView<T> rows, const StabilityOptions& options) {
  if (options.resamples == 0) {
    throw std::invalid_argument("cluster_stability: resamples is 0, expected at least 1");
  }
  const KMeans all = k_means(rows, options.clustering);
  ClusterStability result{.mean = all.inertia, .indices = {}, .labels = all.labels};
  if (!all.inertia.ok()) return result;
  std::mt19937_64 engine(options.seed);
  std::vector<T> drawn(rows.rows() * rows.cols());
  CompensatedSum sum;
  double counted = 0.0;
  result.indices.reserve(options.resamples);
  for (std::size_t resample = 0; resample < options.resamples; ++resample) {
    auto to = drawn.begin();
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const std::span<const T> row = rows.row(uniform_below(engine, rows.rows()));
      to = std::copy(row.begin(), row.end(), to);
    }
    const KMeans found =
        k_means(MatrixView<T>(drawn, rows.rows(), rows.cols()), options.clustering);
    const MatrixView<double> centres(found.centres, found.clusters, rows.cols());
    const Value index = adjusted_rand_index(all.labels, detail::nearest_centres(rows, centres));
    result.indices.push_back(index);
    if (!index.ok()) continue;
    sum += index.value();
    counted += 1.0;
  }
  result.mean = counted > 0.0 ? Value(sum.value() / counted) : Value(Status::constant);
  return result;
}

}  // namespace phiscope
