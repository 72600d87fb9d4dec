// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace phiscope {

/// Do two treatments of the same units succeed equally often?
struct McNemarTest {
  Value p_value = Status::no_pairs;  ///< exact, two-sided, in (0, 1]
  double least_p = 1.0;              ///< the smallest that so many discordant units can give
  std::size_t discordant = 0;        ///< units that succeed under one of the two only
};

/// McNemar's exact test: where the treatments are alike, a unit that succeeds under one of them
/// only does so under the first with probability 1/2, so the p-value is twice the binomial tail.
/// Units with the same outcome under both say nothing.
///
/// @param first_only  units that succeed under the first treatment and fail under the second
/// @param second_only  units that fail under the first and succeed under the second
/// @return  no_pairs without a discordant unit. A p-value below the smallest normal double (about
///          2e-308, more than 1,000 discordant units) is given as that.
/// @see  McNemar 1947, doi 10.1007/BF02295996;
///       statsmodels.stats.contingency_tables.mcnemar(exact=True); experiment steps
[[nodiscard]] inline McNemarTest mcnemar(std::size_t first_only, std::size_t second_only) {
  McNemarTest result{.discordant = first_only + second_only};
  if (result.discordant == 0) return result;
  constexpr double least = std::numeric_limits<double>::min();
  const std::size_t n = result.discordant;
  const auto halvings = static_cast<int>(std::min<std::size_t>(n - 1, 2000));
  result.least_p = std::max(least, std::ldexp(1.0, -halvings));
  // Binomial weights in units of the largest, from the middle down: no factorial overflows, and far
  // tails vanish only where the p-value does.
  const std::size_t fewer = std::min(first_only, second_only);
  double weight = 1.0;
  double half = 0.0;  // of all weights
  double tail = 0.0;
  for (std::size_t k = n / 2 + 1; k-- > 0;) {
    half += 2 * k == n ? 0.5 * weight : weight;
    if (k <= fewer) tail += weight;
    weight *= static_cast<double>(k) / static_cast<double>(n - k + 1);
  }
  result.p_value = std::clamp(tail / half, least, 1.0);
  return result;
}

}  // namespace phiscope
