// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/normal.hpp>
#include <phiscope/estimate.hpp>

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace phiscope {

/// How wilson_interval() is made.
struct WilsonOptions {
  double confidence = 0.95;   ///< in (0, 1)
  std::string_view covers{};  ///< what a unit is ("problems"): becomes Estimate::covers, so it must
                              ///< outlive the estimate; a literal does
};

/// A rate with Wilson's score interval: the rates that a test of the normal approximation does not
/// reject. It stays inside [0, 1], has a width even where the rate is 0 or 1, and covers about what
/// it claims for few units too, so it needs no least number of them.
///
/// @param successes  units that count, at most `units`
/// @param units  independent units
/// @return  value successes / units and ends in [0, 1]; too_few_rows (all three) without a unit
/// @throws std::invalid_argument if successes > units, or the confidence is not in (0, 1)
/// @see  Wilson 1927, doi 10.1080/01621459.1927.10502953;
///       statsmodels.stats.proportion.proportion_confint(method="wilson"); experiment steps
[[nodiscard]] inline Estimate wilson_interval(std::size_t successes, std::size_t units,
                                              const WilsonOptions& options = {}) {
  if (successes > units) {
    throw std::invalid_argument("wilson_interval: " + std::to_string(successes) + " successes of " +
                                std::to_string(units) +
                                " units, expected at most as many successes as units");
  }
  if (!(options.confidence > 0.0 && options.confidence < 1.0)) {
    throw std::invalid_argument("wilson_interval: needs a confidence in (0, 1)");
  }
  Estimate result{.units = units, .covers = options.covers, .confidence = options.confidence};
  if (units == 0) return result;
  const auto n = static_cast<double>(units);
  const double rate = static_cast<double>(successes) / n;
  const double z = detail::normal_quantile(0.5 + 0.5 * options.confidence);
  const double weight = z * z / n;  // of the prior rate 1/2 against the observed one
  const double high =
      (rate + 0.5 * weight + std::sqrt(weight * (rate * (1.0 - rate) + 0.25 * weight))) /
      (1.0 + weight);
  result.value = rate;
  // The ends are the roots of (1 + weight) x^2 - (2 rate + weight) x + rate^2. Their product gives
  // the lower one without cancellation: exactly 0 for a rate of 0.
  result.low = rate * rate / ((1.0 + weight) * high);
  result.high = successes == units ? 1.0 : high;
  result.method = "Wilson";
  return result;
}

}  // namespace phiscope
