// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Holm's correction of the p-values of a family of tests: the i-th smallest of m is multiplied by
/// m - i + 1, made non-decreasing, and cut at 1. Rejecting where the result is <= alpha keeps the
/// chance of any false rejection below alpha, whatever the dependence.
/// @param p_values  [test], each in [0, 1]
/// @return  [test], each in [0, 1] and at least the p-value
/// @throws std::invalid_argument if a p-value is not in [0, 1]
/// @see  statsmodels.stats.multitest.multipletests(method="holm")
[[nodiscard]] inline std::vector<double> holm(std::span<const double> p_values) {
  for (const double p : p_values) {
    if (!(p >= 0.0 && p <= 1.0)) {
      throw std::invalid_argument("holm: p-value " + std::to_string(p) +
                                  ", expected one in [0, 1]");
    }
  }
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [p_values](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double at_least = 0.0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto factor = static_cast<double>(order.size() - i);
    at_least = std::max(at_least, std::min(1.0, factor * p_values[order[i]]));
    adjusted[order[i]] = at_least;
  }
  return adjusted;
}

}  // namespace phiscope
