// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/random.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope {

/// How bootstrap_mean() resamples.
struct BootstrapOptions {
  std::size_t resamples = 2000;
  double confidence = 0.95;  ///< in (0, 1)
  std::uint64_t seed = 0;
};

/// A mean with its percentile interval.
struct BootstrapMean {
  Value mean;             ///< pooled mean of all events
  Value low;              ///< lower end of the interval
  Value high;             ///< upper end of the interval
  std::size_t units = 0;  ///< independent units that have an event
  std::size_t events = 0;
};

namespace detail {

/// Quantile of sorted numbers, linear between neighbours (numpy.quantile's default).
/// @pre numbers is not empty, 0 <= p <= 1
[[nodiscard]] inline double sorted_quantile(std::span<const double> numbers, double p) {
  const double place = p * static_cast<double>(numbers.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, numbers.size() - 1);
  return numbers[below] + (place - std::floor(place)) * (numbers[above] - numbers[below]);
}

}  // namespace detail

/// Mean of `events` with a percentile bootstrap interval that resamples whole units: events of one
/// unit (positions of one context) are not independent, units (trials) are. The statistic is the
/// pooled mean over all events of the drawn units, so a unit weighs as much as it has events.
///
/// @param events  [event], finite numbers; leave undefined ones out and count them elsewhere
/// @param units  [event], the unit each event belongs to, any ids; their order does not matter
/// @return  in the unit of the events; the mean needs one event, the interval two units with events
///          (too_few_rows otherwise); nonfinite if an event is not finite
/// @throws std::invalid_argument if the lengths differ, resamples is 0 or confidence is not in (0,
/// 1)
[[nodiscard]] inline BootstrapMean bootstrap_mean(std::span<const double> events,
                                                  std::span<const std::int64_t> units,
                                                  BootstrapOptions options = {}) {
  if (events.size() != units.size()) {
    throw std::invalid_argument("bootstrap_mean: " + std::to_string(events.size()) +
                                " events, expected as many units, found " +
                                std::to_string(units.size()));
  }
  if (options.resamples == 0 || !(options.confidence > 0.0 && options.confidence < 1.0)) {
    throw std::invalid_argument("bootstrap_mean: needs a resample and a confidence in (0, 1)");
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
  BootstrapMean result{.mean = Status::too_few_rows,
                       .low = Status::too_few_rows,
                       .high = Status::too_few_rows,
                       .units = by_id.size(),
                       .events = events.size()};
  if (events.empty()) return result;
  result.mean = mean_of(events);
  if (by_id.size() < 2) return result;
  if (!result.mean.ok()) {
    result.low = result.high = result.mean;
    return result;
  }

  std::vector<Unit> drawable;
  drawable.reserve(by_id.size());
  for (const auto& [id, unit] : by_id) drawable.push_back(unit);
  std::mt19937_64 engine(options.seed);
  std::vector<double> means(options.resamples);
  for (double& resampled : means) {
    double sum = 0.0;
    double count = 0.0;
    for (std::size_t draw = 0; draw < drawable.size(); ++draw) {
      const Unit& unit = drawable[uniform_below(engine, drawable.size())];
      sum += unit.sum.value();
      count += unit.count;
    }
    resampled = sum / count;
  }
  std::sort(means.begin(), means.end());
  const double tail = (1.0 - options.confidence) / 2.0;
  result.low = detail::sorted_quantile(means, tail);
  result.high = detail::sorted_quantile(means, 1.0 - tail);
  return result;
}

}  // namespace phiscope
