// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/pair_distances.hpp>
#include <phiscope/pairs.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <concepts>
#include <stdexcept>

namespace phiscope {

/// Floors that keep phi_ratio() bounded; the defaults are those of the source experiment (loo).
struct PhiRatioOptions {
  double relative_floor = 1e-3;   ///< phi never exceeds 1 / relative_floor
  double absolute_floor = 1e-10;  ///< in the unit of the distances
};

/// Bounded Phi ratio `cross / max(within, relative_floor * cross, absolute_floor)`.
///
/// @param cross,within  mean distances over pairs in different / in the same cluster, >= 0
/// @param options  the two floors put under `within`, both > 0
/// @return  dimensionless, in [0, 1 / relative_floor]; undefined when a mean is, cross named first;
///          constant when both are 0: all rows are equal, and nothing separates them. Where the
///          absolute floor took the place of `within` (see phi_floor()) the number is below
///          cross / absolute_floor and tells the unit of the rows, not their structure.
/// @throws std::invalid_argument if a distance is negative or a floor is not positive
[[nodiscard]] inline Value phi_ratio(const Value& cross, const Value& within,
                                     PhiRatioOptions options = {}) {
  if (!(options.relative_floor > 0.0 && options.absolute_floor > 0.0)) {
    throw std::invalid_argument("phi_ratio: both floors must be positive");
  }
  const Status reason = first_reason(cross.status(), within.status());
  if (reason != Status::ok) return reason;
  if (cross.value() < 0.0 || within.value() < 0.0) {
    throw std::invalid_argument("phi_ratio: a distance is negative");
  }
  if (cross.value() == 0.0 && within.value() == 0.0) return Status::constant;
  const double floor = std::max(options.relative_floor * cross.value(), options.absolute_floor);
  return cross.value() / std::max(within.value(), floor);
}

/// What phi_ratio() divides by.
enum class PhiFloor {
  none,      ///< the mean distance within clusters
  relative,  ///< relative_floor * cross: the ratio is at its bound, 1 / relative_floor
  absolute   ///< absolute_floor: the distances are so small that the ratio depends on their unit
};

/// The floor that phi_ratio() of the same arguments had to take; none where it is undefined.
[[nodiscard]] inline PhiFloor phi_floor(const Value& cross, const Value& within,
                                        PhiRatioOptions options = {}) {
  if (!phi_ratio(cross, within, options).ok()) return PhiFloor::none;
  const double relative = options.relative_floor * cross.value();
  if (within.value() >= std::max(relative, options.absolute_floor)) return PhiFloor::none;
  return relative >= options.absolute_floor ? PhiFloor::relative : PhiFloor::absolute;
}

/// Mean distance over the cross pairs, mean over C of |x_a - x_b|.
/// @param rows  [row, unit]
/// @return  activation units, >= 0; undefined without a pair (no_cross_pairs) or with a non-finite
/// row
/// @throws std::invalid_argument if a pair names a row that is not there
template <std::floating_point T>
[[nodiscard]] Value cross_distance(MatrixView<T> rows, const PairSet& pairs) {
  return mean_distance(squared_distances(rows, pairs.cross), Status::no_cross_pairs);
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Value cross_distance(const Rows& rows, const PairSet& pairs) {
  return cross_distance(rows_of(rows).view, pairs);
}

/// Mean distance over the within pairs, mean over W of |x_a - x_b|.
/// @param rows  [row, unit]
/// @return  activation units, >= 0; undefined without a pair (no_within_pairs) or with a non-finite
/// row
/// @throws std::invalid_argument if a pair names a row that is not there
template <std::floating_point T>
[[nodiscard]] Value within_distance(MatrixView<T> rows, const PairSet& pairs) {
  return mean_distance(squared_distances(rows, pairs.within), Status::no_within_pairs);
}

/// The same for arrays of any kind that rows_of() takes.
template <RealMatrix Rows>
[[nodiscard]] Value within_distance(const Rows& rows, const PairSet& pairs) {
  return within_distance(rows_of(rows).view, pairs);
}

}  // namespace phiscope
