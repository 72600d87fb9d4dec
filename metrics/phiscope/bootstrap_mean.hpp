// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/bootstrap_ratio.hpp>
#include <phiscope/estimate.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// Mean of one number per independent unit with its interval: t below ten units, studentised from
/// there on; see bootstrap_ratio().
/// @param numbers  [unit], finite; leave undefined ones out and count them elsewhere
/// @return  in the unit of the numbers; nonfinite, or too_few_rows without a number
/// @throws std::invalid_argument as bootstrap_ratio() does
[[nodiscard]] inline Estimate bootstrap_mean(std::span<const double> numbers,
                                             const BootstrapOptions& options = {}) {
  const std::vector<double> ones(numbers.size(), 1.0);
  return bootstrap_ratio(numbers, ones, options);
}

/// Mean of `events` with an interval over whole units: events of one unit (positions of one
/// context) are not independent, units (trials) are. The statistic is the pooled mean over all
/// events, so a unit weighs as much as it has events.
///
/// @param events  [event], finite numbers; leave undefined ones out and count them elsewhere
/// @param units  [event], the unit each event belongs to, any ids; their order does not matter
/// @return  in the unit of the events; Estimate::units are those with events
/// @throws std::invalid_argument if the lengths differ, or as bootstrap_ratio() does
[[nodiscard]] inline Estimate bootstrap_mean(std::span<const double> events,
                                             std::span<const std::int64_t> units,
                                             const BootstrapOptions& options = {}) {
  if (events.size() != units.size()) {
    throw std::invalid_argument("bootstrap_mean: " + std::to_string(events.size()) +
                                " events, expected as many units, found " +
                                std::to_string(units.size()));
  }
  struct Unit {
    CompensatedSum sum;
    double count = 0.0;
  };
  std::map<std::int64_t, Unit> by_id;
  for (std::size_t i = 0; i < events.size(); ++i) {
    Unit& unit = by_id[units[i]];
    unit.sum += events[i];
    unit.count += 1.0;
  }
  std::vector<double> sums;
  std::vector<double> counts;
  for (const auto& [id, unit] : by_id) {
    sums.push_back(unit.sum.value());
    counts.push_back(unit.count);
  }
  return bootstrap_ratio(sums, counts, options);
}

}  // namespace phiscope
