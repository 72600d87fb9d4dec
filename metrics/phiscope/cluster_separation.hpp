// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/distance.hpp>
#include <phiscope/label_means.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace phiscope {

/// Separation of cluster centres against the scatter inside the clusters.
struct ClusterSeparation {
  Value between;  ///< B: mean over cluster pairs of |mu_a - mu_b|^2, activation units squared
  Value within_per_unit;  ///< W: mean over clusters with n > 1 of trace / units (n - 1 in the
                          ///< variance)
  Value within_trace;     ///< the same of the trace itself, so that B and W are in the same unit
  Value per_unit;  ///< B / max(W per unit, 1e-3 B, 1e-10), as published; grows with the units
  Value per_unit_unbounded;  ///< B / max(W per unit, 1e-10), as published
  Value trace;               ///< B / max(W trace, 1e-3 B, 1e-10): comparable between models
};

/// Squared-distance separation of clusters of occurrences.
///
/// @param rows  [occurrence, unit]
/// @param clusters  [occurrence]
/// @return  no_cross_pairs with fewer than two clusters; no_within_pairs when no cluster has two
/// rows;
///          nonfinite
/// @throws std::invalid_argument if there is not one cluster per row
/// @see  experiment loo
template <std::floating_point T>
[[nodiscard]] ClusterSeparation cluster_separation(MatrixView<T> rows,
                                                   std::span<const std::int64_t> clusters) {
  const LabelMeans centres = label_means(rows, clusters);
  const MatrixView<double> mu = centres.view();
  CompensatedSum between;
  CompensatedSum within;
  std::size_t cluster_pairs = 0;
  std::size_t scattered = 0;
  for (std::size_t k = 0; k < mu.rows(); ++k) {
    for (std::size_t other = k + 1; other < mu.rows(); ++other) {
      between += squared_distance(mu.row(k), mu.row(other));
      ++cluster_pairs;
    }
    const std::vector<std::size_t>& members = centres.rows[k];
    if (members.size() < 2) continue;
    double squares = 0.0;
    for (const std::size_t i : members) {
      squares += squared_distance(rows.row(i), mu.row(k));
    }
    within += squares / static_cast<double>(members.size() - 1);
    ++scattered;
  }
  const auto mean = [](const CompensatedSum& sum, std::size_t count, Status when_empty) {
    return count == 0 ? Value(when_empty) : Value(sum.value() / static_cast<double>(count));
  };
  ClusterSeparation result{.between = mean(between, cluster_pairs, Status::no_cross_pairs),
                           .within_per_unit = Status::no_within_pairs,
                           .within_trace = mean(within, scattered, Status::no_within_pairs),
                           .per_unit = Status::no_cross_pairs,
                           .per_unit_unbounded = Status::no_cross_pairs,
                           .trace = Status::no_cross_pairs};
  result.within_per_unit = result.within_trace;
  if (result.within_trace.ok() && rows.cols() > 0) {
    result.within_per_unit = result.within_trace.value() / static_cast<double>(rows.cols());
  }
  const Status reason = first_reason(result.between.status(), result.within_trace.status());
  if (reason != Status::ok) {
    result.per_unit = result.per_unit_unbounded = result.trace = reason;
    return result;
  }
  const double b = result.between.value();
  const auto over = [b](double denominator) { return b / std::max(denominator, 1e-10); };
  result.per_unit = over(std::max(result.within_per_unit.value(), 1e-3 * b));
  result.per_unit_unbounded = over(result.within_per_unit.value());
  result.trace = over(std::max(result.within_trace.value(), 1e-3 * b));
  return result;
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] ClusterSeparation cluster_separation(const Rows& rows,
                                                   std::span<const std::int64_t> clusters) {
  return cluster_separation(rows_of(rows).view, clusters);
}

}  // namespace phiscope
