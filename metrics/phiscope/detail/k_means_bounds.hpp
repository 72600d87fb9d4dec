// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace phiscope::detail {

/// Centres that move more than twice as far as the median one, the farthest first; at most
/// `limit`. Few of them (small clusters) would loosen the bounds of all rows.
[[nodiscard]] inline std::vector<std::size_t> fast_centres(std::span<const double> shifts,
                                                           std::size_t limit) {
  std::vector<std::size_t> order(shifts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [shifts](std::size_t a, std::size_t b) { return shifts[a] > shifts[b]; });
  const double fast = 2.0 * shifts[order[order.size() / 2]];
  std::size_t count = 0;
  while (count < std::min(limit, order.size()) && shifts[order[count]] > fast) ++count;
  order.resize(count);
  return order;
}

/// Per row a bound on the distance to its own centre from above, and to every other centre from
/// below (Hamerly 2010): where the first is less than the second, the label stays. The triangle
/// inequality keeps both true while the centres move.
template <std::floating_point T>
class DistanceBounds {
 public:
  /// Forgets everything: no row is settled.
  void reset(std::size_t rows) {
    upper_.assign(rows, std::numeric_limits<double>::infinity());
    lower_.assign(rows, 0.0);
  }

  /// Both bounds of a row, measured.
  void set(std::size_t row, double own, double nearest_other) {
    upper_[row] = own;
    lower_[row] = nearest_other;
  }

  /// The centres have moved. Those in `fast` must be given to measured() for every row next.
  /// @param labels  [row]  @param shifts  [cluster], distances
  void shift(std::span<const std::size_t> labels, std::span<const double> shifts,
             std::span<const std::size_t> fast) {
    std::vector<double> slow(shifts.begin(), shifts.end());
    for (const std::size_t centre : fast) slow[centre] = 0.0;
    const auto farthest =
        static_cast<std::size_t>(std::max_element(slow.begin(), slow.end()) - slow.begin());
    const double largest = slow[farthest];
    slow[farthest] = 0.0;
    const double second = *std::max_element(slow.begin(), slow.end());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      upper_[i] += shifts[labels[i]];
      lower_[i] -= labels[i] == farthest ? second : largest;
    }
  }

  /// The distance from a row to a centre, its own or another one.
  void measured(std::size_t row, bool own, double distance) {
    if (own) {
      upper_[row] = distance;
    } else {
      lower_[row] = std::min(lower_[row], distance);
    }
  }

  [[nodiscard]] bool unknown(std::size_t row) const { return !std::isfinite(upper_[row]); }

  /// The label of the row cannot change. Bounds within the rounding of T are no bounds.
  [[nodiscard]] bool settled(std::size_t row) const {
    constexpr double certain = 1.0 - 64.0 * static_cast<double>(std::numeric_limits<T>::epsilon());
    return upper_[row] < lower_[row] * certain;
  }

 private:
  std::vector<double> upper_;  ///< [row]
  std::vector<double> lower_;  ///< [row]
};

}  // namespace phiscope::detail
