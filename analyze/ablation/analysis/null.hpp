// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace phiscope::analyze::ablation {

/// One order of removal against the random ones. Under the hypothesis that the order is like a
/// random one, its rank among them is uniform.
struct RandomNull {
  std::size_t orders = 0;                ///< random orders
  std::size_t above = 0;                 ///< of them, with a larger area than the order
  std::size_t below = 0;                 ///< with a smaller one
  Value mean = Status::too_few_rows;     ///< of their areas, nats
  Value sd = Status::too_few_rows;       ///< ddof 1; needs two orders
  Value p_more = Status::too_few_rows;   ///< (1 + #{random >= order}) / (1 + orders)
  Value p_less = Status::too_few_rows;   ///< (1 + #{random <= order}) / (1 + orders)
  Value least_p = Status::too_few_rows;  ///< 1 / (1 + orders): no order can get less
  Value z = Status::too_few_rows;        ///< (area - mean) / sd; constant if sd is 0
};

/// @param area  of the order, nats
/// @param random  areas of the random orders over the same part of the axis
/// @see  Phipson and Smyth 2010, doi 10.2202/1544-6115.1585: why the order itself counts
[[nodiscard]] RandomNull compare_with_random(double area, std::span<const double> random);

/// How many random orders make the expected one-sided p fall below `level`, if their areas are
/// normal and the order stays `z` standard deviations away: the smallest n with
/// (1 + n q) / (1 + n) < level, q = P(Z > |z|). Nothing if no number is enough, q >= level.
/// With an infinite z: the smallest n that can give a p below `level` at all.
[[nodiscard]] std::optional<std::int64_t> random_orders_needed(double z, double level = 0.05);

/// Consecutive points of a curve above another one.
struct AboveRange {
  double from = 0.0;       ///< heads removed at the first of them
  double to = 0.0;         ///< at the last
  std::size_t points = 0;  ///< from, to and those between
  double excess = 0.0;     ///< mean height above the other curve, nats
};

/// Points with heads removed at which an order does more damage than the random mean.
struct AbovePoints {
  std::size_t compared = 0;  ///< points with more than 0 heads removed
  std::size_t above = 0;
  std::vector<AboveRange> ranges;  ///< ascending
};

/// @param removed  [point], ascending; points at 0 are not counted: nothing differs there
/// @param kl,random  [point], nats; above means by more than 1e-9 of the larger of both, so that
///                   equal curves, as with all heads removed, are not above each other
/// @throws std::invalid_argument if the lengths differ
[[nodiscard]] AbovePoints points_above(std::span<const double> removed, std::span<const double> kl,
                                       std::span<const double> random);

}  // namespace phiscope::analyze::ablation
