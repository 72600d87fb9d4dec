// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/normal.hpp>
#include <phiscope/detail/student_t.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/summary.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope {

/// Below this many independent units there is no interval: whatever the method, what it would cover
/// depends on the distribution more than on the data.
inline constexpr std::size_t least_units = 5;

/// A number with its interval and what the interval was made of.
struct Estimate {
  Value value = Status::too_few_rows;
  Value low = Status::too_few_rows;   ///< lower end of the interval
  Value high = Status::too_few_rows;  ///< upper end of the interval
  std::size_t units = 0;              ///< independent units that were drawn anew
  std::size_t draws = 0;              ///< resamples made; 0 for a t interval, which needs none
  std::size_t undefined_draws = 0;    ///< resamples in which the statistic had no value
  std::string_view method{};          ///< "t", "studentised", "BCa", "percentile"; or empty
  std::string_view covers{};          ///< what was drawn anew: "prompts", "walks", ...
  double confidence = 0.95;           ///< nominal coverage, in (0, 1)
};

/// How an interval is made from resamples.
struct BootstrapOptions {
  std::size_t resamples = 2000;
  double confidence = 0.95;  ///< in (0, 1)
  std::uint64_t seed = 0;
  std::string_view covers{};  ///< what a unit is ("prompts"): becomes Estimate::covers, so it must
                              ///< outlive the estimate; a literal does
};

/// Interval of `value` from a statistic that was computed in many resamples, whoever drew them:
/// quantiles of the draws. The one policy for all intervals: undefined draws are counted and left
/// out, and when they are more than 5 % there is no interval, since the rest are no longer a sample
/// of the statistic. Resamples vary less than samples do, by (n - 1) / n in the variance, so the
/// quantiles are taken further out, as far as the t interval of a mean is wider.
///
/// @param value  the statistic of all units
/// @param draws  [resample], the statistic of each resample
/// @param units  independent units that a resample draws from
/// @param options  confidence and covers; resamples and seed are not read
/// @return  without an interval both ends say why: the status of an undefined value, few_units
///          (fewer than least_units), too_few_rows (fewer than two draws), or unstable (more than
///          5 % of the draws undefined)
/// @throws std::invalid_argument if the confidence is not in (0, 1)
/// @see  Hesterberg 2015, doi 10.1080/00031305.2015.1089789: the expanded percentile interval
[[nodiscard]] inline Estimate percentile_estimate(const Value& value, std::span<const Value> draws,
                                                  std::size_t units,
                                                  const BootstrapOptions& options = {});

/// The same, corrected for the bias and the skewness of the draws (BCa), which shows in ratios,
/// correlations and ranks.
/// @param jackknife  [unit], the statistic without that unit: how fast its spread changes
/// @return  as percentile_estimate(); also unstable where the statistic is undefined without one of
///          the units, or where no draw is on one of the sides of the value
/// @throws std::invalid_argument if the confidence is not in (0, 1), or jackknife has not one value
///         per unit
/// @see  Efron 1987, doi 10.1080/01621459.1987.10478410; scipy.stats.bootstrap(method="BCa"), which
///       does not take the quantiles further out
[[nodiscard]] inline Estimate bca_estimate(const Value& value, std::span<const Value> draws,
                                           std::span<const Value> jackknife, std::size_t units,
                                           const BootstrapOptions& options = {});

namespace detail {

/// The estimate with the reason why it has no interval, or with ends that are still to be set.
[[nodiscard]] inline Estimate without_interval(const Value& value, std::size_t units,
                                               const BootstrapOptions& options) {
  if (!(options.confidence > 0.0 && options.confidence < 1.0)) {
    throw std::invalid_argument("estimate: needs a confidence in (0, 1)");
  }
  const Status why = value.ok() ? Status::few_units : value.status();
  return {.value = value,
          .low = why,
          .high = why,
          .units = units,
          .covers = options.covers,
          .confidence = options.confidence};
}

/// Can there be an interval? Counts the draws and says in the estimate's ends why not.
[[nodiscard]] inline bool has_draws(std::span<const Value> draws, Estimate& estimate) {
  estimate.draws = draws.size();
  estimate.undefined_draws = static_cast<std::size_t>(
      std::count_if(draws.begin(), draws.end(), [](const Value& draw) { return !draw.ok(); }));
  if (!estimate.value.ok() || estimate.units < least_units) return false;
  if (draws.size() >= 2 && estimate.undefined_draws * 20 <= draws.size()) return true;
  estimate.low = estimate.high = draws.size() < 2 ? Status::too_few_rows : Status::unstable;
  return false;
}

[[nodiscard]] inline std::vector<double> sorted_numbers(std::span<const Value> draws) {
  std::vector<double> numbers;
  numbers.reserve(draws.size());
  for (const Value& draw : draws) {
    if (draw.ok()) numbers.push_back(draw.value());
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

/// How many standard normal deviations outside the value a quantile of resamples is taken, so that
/// the interval of a mean of normal units is as wide as its t interval.
[[nodiscard]] inline double widened_deviation(double confidence, std::size_t units) {
  const auto n = static_cast<double>(units);
  return student_t_quantile(0.5 * (1.0 - confidence), units - 1) * std::sqrt(n / (n - 1.0));
}

/// A sixth of the skewness of what each unit adds: 0 for a symmetric statistic.
[[nodiscard]] inline double acceleration(std::span<const Value> jackknife) {
  CompensatedSum sum;
  for (const Value& one : jackknife) sum += one.value();
  const double mean = sum.value() / static_cast<double>(jackknife.size());
  double squares = 0.0;
  double cubes = 0.0;
  for (const Value& one : jackknife) {
    const double away = mean - one.value();
    squares += away * away;
    cubes += away * away * away;
  }
  return squares > 0.0 ? cubes / (6.0 * squares * std::sqrt(squares)) : 0.0;
}

}  // namespace detail

inline Estimate percentile_estimate(const Value& value, std::span<const Value> draws,
                                    std::size_t units, const BootstrapOptions& options) {
  Estimate result = detail::without_interval(value, units, options);
  if (!detail::has_draws(draws, result)) return result;
  const std::vector<double> sorted = detail::sorted_numbers(draws);
  const double tail = detail::normal_cdf(-detail::widened_deviation(options.confidence, units));
  result.low = quantile(sorted, tail);
  result.high = quantile(sorted, 1.0 - tail);
  result.method = "percentile";
  return result;
}

inline Estimate bca_estimate(const Value& value, std::span<const Value> draws,
                             std::span<const Value> jackknife, std::size_t units,
                             const BootstrapOptions& options) {
  Estimate result = detail::without_interval(value, units, options);
  if (jackknife.size() != units) {
    throw std::invalid_argument("bca_estimate: " + std::to_string(jackknife.size()) +
                                " jackknife values, expected one for each of " +
                                std::to_string(units) + " units");
  }
  if (!detail::has_draws(draws, result)) return result;
  result.low = result.high = Status::unstable;
  if (!std::all_of(jackknife.begin(), jackknife.end(), [](const Value& one) { return one.ok(); })) {
    return result;
  }
  const std::vector<double> sorted = detail::sorted_numbers(draws);
  const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value.value());
  const double below =
      0.5 * static_cast<double>((first - sorted.begin()) + (last - sorted.begin()));
  const double share = below / static_cast<double>(sorted.size());
  if (!(share > 0.0 && share < 1.0)) return result;  // the draws are all on one side of the value
  const double bias = detail::normal_quantile(share);
  const double skew = detail::acceleration(jackknife);
  const double away = detail::widened_deviation(options.confidence, units);
  if (!(std::abs(skew) * (std::abs(bias) + away) < 1.0)) return result;
  const auto end = [&](double z) {
    return quantile(sorted, detail::normal_cdf(bias + (bias + z) / (1.0 - skew * (bias + z))));
  };
  result.low = end(-away);
  result.high = end(away);
  result.method = "BCa";
  return result;
}

}  // namespace phiscope
