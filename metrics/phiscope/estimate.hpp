// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/summary.hpp>
#include <phiscope/value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace phiscope {

/// A number with its interval and what the interval was made of.
struct Estimate {
  Value value = Status::too_few_rows;
  Value low = Status::too_few_rows;   ///< lower end of the interval
  Value high = Status::too_few_rows;  ///< upper end of the interval
  std::size_t units = 0;              ///< independent units that were drawn anew
  std::size_t draws = 0;              ///< resamples made
  std::size_t undefined_draws = 0;    ///< resamples in which the statistic had no value
  std::string_view method{};          ///< "percentile"; empty without an interval
  std::string_view covers{};          ///< what was drawn anew: "prompts", "contexts", ...
};

/// How an interval is made from resamples.
struct BootstrapOptions {
  std::size_t resamples = 2000;
  double confidence = 0.95;  ///< in (0, 1)
  std::uint64_t seed = 0;
  std::string_view covers{};  ///< what a unit is ("prompts"): becomes Estimate::covers, so it must
                              ///< outlive the estimate; a literal does
  /// Probability outside each end. Absent: (1 - confidence) / 2, which rounds: for 0.95 it is not
  /// exactly the double 0.025, and an interval made with one differs in its last digit.
  std::optional<double> tail{};
};

/// Interval of `value` from a statistic that was computed in many resamples, whoever drew them. The
/// one policy for all intervals: undefined draws are counted and left out, and when they are more
/// than 5 % there is no interval, since the rest are no longer a sample of the statistic.
///
/// @param value  the statistic of all units
/// @param draws  [resample], the statistic of each resample
/// @param units  independent units that a resample draws from
/// @param options  confidence (or tail) and covers; resamples and seed are not read
/// @return  ends are quantiles of the defined draws; without an interval both ends say why:
///          too_few_rows (fewer than two units or two draws), the status of an undefined value, or
///          unstable (more than 5 % of the draws undefined)
/// @throws std::invalid_argument if the confidence is not in (0, 1) or the tail not in (0, 0.5)
[[nodiscard]] inline Estimate percentile_estimate(const Value& value, std::span<const Value> draws,
                                                  std::size_t units,
                                                  const BootstrapOptions& options = {}) {
  const double tail = options.tail.value_or((1.0 - options.confidence) / 2.0);
  if (!(options.confidence > 0.0 && options.confidence < 1.0) || !(tail > 0.0 && tail < 0.5)) {
    throw std::invalid_argument(
        "percentile_estimate: needs a confidence in (0, 1) and a tail in (0, 0.5)");
  }
  std::vector<double> defined;
  defined.reserve(draws.size());
  for (const Value& draw : draws) {
    if (draw.ok()) defined.push_back(draw.value());
  }
  Estimate result{.value = value,
                  .units = units,
                  .draws = draws.size(),
                  .undefined_draws = draws.size() - defined.size(),
                  .method = {},
                  .covers = options.covers};
  const auto no_interval = [&result](Status why) {
    result.low = result.high = why;
    return result;
  };
  if (units < 2) return no_interval(Status::too_few_rows);
  if (!value.ok()) return no_interval(value.status());
  if (draws.size() < 2) return no_interval(Status::too_few_rows);
  if (result.undefined_draws * 20 > draws.size()) return no_interval(Status::unstable);
  std::sort(defined.begin(), defined.end());
  result.low = quantile(defined, tail);
  result.high = quantile(defined, 1.0 - tail);
  result.method = "percentile";
  return result;
}

}  // namespace phiscope
