// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/pair_distances.hpp>
#include <phiscope/phi_ratio.hpp>

#include <concepts>
#include <span>
#include <vector>

namespace phiscope {

/// How well the rows of one context and layer follow their clusters.
struct ClusterStructure {
  Value ratio;           ///< bounded Phi ratio, see phi_ratio()
  Value cross;           ///< mean distance over the cross pairs, activation units
  Value within;          ///< mean distance over the within pairs, activation units
  Value energy;          ///< mean squared distance over the within pairs, activation units squared
  bool floored = false;  ///< the ratio stands on the absolute floor, see phi_floor()
};

/// Phi ratio, its two distances and the Dirichlet energy over the within pairs, in one pass.
///
/// @param rows  [row, unit]
/// @param pairs  cross and within pairs of those rows, see pair_set()
/// @return  each undefined for its own reason: no_cross_pairs (ratio, cross), no_within_pairs
/// (ratio,
///          within, energy), nonfinite; the ratio names the first. All rows equal: the ratio is
///          constant, the others are 0.
/// @throws std::invalid_argument if a pair names a row that is not there
/// @see  experiment loo
template <std::floating_point T>
[[nodiscard]] ClusterStructure cluster_structure(MatrixView<T> rows, const PairSet& pairs,
                                                 PhiRatioOptions options = {}) {
  std::vector<Pair> all = pairs.cross;
  all.insert(all.end(), pairs.within.begin(), pairs.within.end());
  const std::vector<double> squared = squared_distances(rows, all);
  const auto squared_cross = std::span(squared).first(pairs.cross.size());
  const auto squared_within = std::span(squared).subspan(pairs.cross.size());
  const Value cross = mean_distance(squared_cross, Status::no_cross_pairs);
  const Value within = mean_distance(squared_within, Status::no_within_pairs);
  return {.ratio = phi_ratio(cross, within, options),
          .cross = cross,
          .within = within,
          .energy = mean(squared_within, Status::no_within_pairs),
          .floored = phi_floor(cross, within, options) == PhiFloor::absolute};
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] ClusterStructure cluster_structure(const Rows& rows, const PairSet& pairs,
                                                 PhiRatioOptions options = {}) {
  return cluster_structure(rows_of(rows).view, pairs, options);
}

}  // namespace phiscope
