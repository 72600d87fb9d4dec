// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/estimate.hpp>
#include <phiscope/random.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// A mean with its percentile interval.
struct BootstrapMean : Estimate {
  Value mean = Status::too_few_rows;  ///< pooled mean of all events: the estimate's value
  std::size_t events = 0;
};

/// Estimate of a statistic by drawing whole units with replacement, as many as there are, again and
/// again. What is not independent (positions of one context) belongs into one unit.
///
/// @param value  the statistic of all units, where it is computed in a better way than by
///               `statistic`, or has been computed already
/// @param units  number of independent units
/// @param statistic  called with the indices of the drawn units, [unit], of type std::span<const
///                   std::size_t>; returns a Value (or a double)
/// @return  see percentile_estimate(); nothing is drawn when there can be no interval
/// @throws std::invalid_argument if resamples is 0, or as percentile_estimate() does
/// @see  scipy.stats.bootstrap(method="percentile"), which draws other units from the same seed
template <class Statistic>
[[nodiscard]] Estimate bootstrap(const Value& value, std::size_t units, Statistic statistic,
                                 const BootstrapOptions& options = {}) {
  if (options.resamples == 0) {
    throw std::invalid_argument("bootstrap: 0 resamples, expected at least 1");
  }
  std::vector<Value> draws;
  if (units >= 2 && value.ok()) {
    draws.reserve(options.resamples);
    std::mt19937_64 engine(options.seed);
    std::vector<std::size_t> drawn(units);
    for (std::size_t resample = 0; resample < options.resamples; ++resample) {
      for (std::size_t& unit : drawn) unit = uniform_below(engine, units);
      draws.push_back(statistic(std::span<const std::size_t>(drawn)));
    }
  }
  return percentile_estimate(value, draws, units, options);
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

/// Mean of `events` with a percentile bootstrap interval that resamples whole units: events of one
/// unit (positions of one context) are not independent, units (trials) are. The statistic is the
/// pooled mean over all events of the drawn units, so a unit weighs as much as it has events.
///
/// @param events  [event], finite numbers; leave undefined ones out and count them elsewhere
/// @param units  [event], the unit each event belongs to, any ids; their order does not matter
/// @return  in the unit of the events; the mean needs one event, the interval two units with events
///          (too_few_rows otherwise); nonfinite if an event is not finite
/// @throws std::invalid_argument if the lengths differ, or as bootstrap() does
[[nodiscard]] inline BootstrapMean bootstrap_mean(std::span<const double> events,
                                                  std::span<const std::int64_t> units,
                                                  BootstrapOptions options = {}) {
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
  std::vector<Unit> drawable;
  drawable.reserve(by_id.size());
  for (const auto& [id, unit] : by_id) drawable.push_back(unit);
  const auto pooled_mean = [&drawable](std::span<const std::size_t> drawn) {
    double sum = 0.0;
    double count = 0.0;
    for (const std::size_t place : drawn) {
      sum += drawable[place].sum.value();
      count += drawable[place].count;
    }
    return Value(sum / count);
  };
  const Value mean = events.empty() ? Value(Status::too_few_rows) : Value(mean_of(events));
  BootstrapMean result{bootstrap(mean, drawable.size(), pooled_mean, options)};
  result.mean = mean;
  result.events = events.size();
  return result;
}

}  // namespace phiscope
