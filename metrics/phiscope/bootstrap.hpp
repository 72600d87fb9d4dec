// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/estimate.hpp>
#include <phiscope/random.hpp>
#include <phiscope/value.hpp>

#include <cstddef>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

namespace phiscope {

/// Estimate of a statistic by drawing whole units with replacement, as many as there are, again and
/// again (BCa). What is not independent (positions of one context) belongs into one unit. For means
/// and ratios of means bootstrap_mean() and bootstrap_ratio() come nearer to the nominal coverage.
///
/// @param value  the statistic of all units, where it is computed in a better way than by
///               `statistic`, or has been computed already
/// @param units  number of independent units
/// @param statistic  called with the indices of the drawn units, of type std::span<const
///                   std::size_t>: [unit] of them for each resample, then [unit - 1] without each
///                   unit once; returns a Value (or a double)
/// @return  see bca_estimate(); nothing is drawn when there can be no interval
/// @throws std::invalid_argument if resamples is 0, or as bca_estimate() does
/// @see  scipy.stats.bootstrap(method="BCa"), which draws other units from the same seed
template <class Statistic>
[[nodiscard]] Estimate bootstrap(const Value& value, std::size_t units, Statistic statistic,
                                 const BootstrapOptions& options = {}) {
  if (options.resamples == 0) {
    throw std::invalid_argument("bootstrap: 0 resamples, expected at least 1");
  }
  if (units < least_units || !value.ok()) return detail::without_interval(value, units, options);
  std::vector<Value> draws;
  draws.reserve(options.resamples);
  std::mt19937_64 engine(options.seed);
  std::vector<std::size_t> drawn(units);
  for (std::size_t resample = 0; resample < options.resamples; ++resample) {
    for (std::size_t& unit : drawn) unit = uniform_below(engine, units);
    draws.push_back(statistic(std::span<const std::size_t>(drawn)));
  }
  std::vector<Value> jackknife;
  jackknife.reserve(units);
  std::iota(drawn.begin(), drawn.end(), std::size_t{1});
  drawn.pop_back();
  for (std::size_t unit = 0; unit < units; ++unit) {
    jackknife.push_back(statistic(std::span<const std::size_t>(drawn)));
    if (unit + 1 < units) drawn[unit] = unit;  // from without `unit` to without the next one
  }
  return bca_estimate(value, draws, jackknife, units, options);
}

/// The same; the value is the statistic of every unit once, in order (of none without a unit).
template <class Statistic>
[[nodiscard]] Estimate bootstrap(std::size_t units, Statistic statistic,
                                 const BootstrapOptions& options = {}) {
  std::vector<std::size_t> all(units);
  std::iota(all.begin(), all.end(), std::size_t{0});
  const Value value = statistic(std::span<const std::size_t>(all));
  return bootstrap(value, units, statistic, options);
}

}  // namespace phiscope
