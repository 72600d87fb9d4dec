// SPDX-License-Identifier: MIT
#include "phiid/analysis/series.hpp"

#include "program/parallel.hpp"

#include <phiscope/autocorrelation.hpp>
#include <phiscope/sum.hpp>
#include <phiscope/trend_share.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace phiscope::analyze::phiid {
namespace {

/// What one prompt adds to the heads.
struct PromptSeries {
  std::vector<double> values;  // [step, head]
  std::size_t steps = 0;
  std::vector<Value> autocorrelation;  // [head]
  std::vector<Value> trend;            // [head]
  std::vector<double> sum;             // [head], of the finite input values
  std::vector<double> count;           // [head]
  std::vector<bool> dead;              // [head]
  std::vector<BrokenSeries> broken;
};

/// The series without its trend, as long as detrended() makes it.
std::vector<double> without_trend(const std::vector<double>& series, Detrend mode) {
  Detrended result = detrended(std::span<const double>(series), mode);
  if (result.status == Status::too_short) return {};
  if (result.status == Status::nonfinite) {
    std::fill(result.values.begin(), result.values.end(), std::numeric_limits<double>::quiet_NaN());
    return std::move(result.values);
  }
  if (mode != Detrend::linear && mode != Detrend::poly2) return std::move(result.values);
  // A series that is its own trend leaves rounding errors, which are not a signal.
  double size = 0.0;
  double left = 0.0;
  for (const double x : series) size = std::max(size, std::abs(x));
  for (const double x : result.values) left = std::max(left, std::abs(x));
  const double rounding = 4.0 * static_cast<double>(series.size()) * size * 0x1p-52;
  if (left <= rounding) std::fill(result.values.begin(), result.values.end(), 0.0);
  return std::move(result.values);
}

/// Why the series cannot be decomposed by itself, whatever its length.
Status series_status(const std::vector<double>& series, std::size_t lag) {
  const auto finite = [](double x) { return std::isfinite(x); };
  if (!std::all_of(series.begin(), series.end(), finite)) return Status::nonfinite;
  if (series.size() <= lag) return Status::ok;  // too short: counted by pair
  const auto is_constant = [](auto begin, auto end) {
    return std::all_of(begin, end, [begin](double x) { return x == *begin; });
  };
  const auto steps = static_cast<std::ptrdiff_t>(lag);
  const bool constant = is_constant(series.begin(), series.end() - steps) ||
                        is_constant(series.begin() + steps, series.end());
  return constant ? Status::constant_series : Status::ok;
}

PromptSeries prepare_prompt(const Prompt& prompt, std::size_t index, std::size_t heads,
                            const Options& options) {
  PromptSeries result;
  std::vector<double> series(prompt.steps);
  for (std::size_t head = 0; head < heads; ++head) {
    CompensatedSum sum;
    double count = 0.0;
    bool dead = true;
    for (std::size_t t = 0; t < prompt.steps; ++t) {
      series[t] = prompt.values[t * heads + head];
      dead = dead && series[t] == 0.0;
      if (!std::isfinite(series[t])) continue;
      sum += series[t];
      count += 1.0;
    }
    const std::vector<double> left = without_trend(series, options.detrend);
    if (head == 0) {
      result.steps = left.size();
      result.values.resize(left.size() * heads);
    }
    for (std::size_t t = 0; t < result.steps; ++t) result.values[t * heads + head] = left[t];
    const Status status = series_status(left, options.phiid.lag);
    if (status != Status::ok) {
      result.broken.push_back({.prompt = index, .head = head, .status = status});
    }
    result.autocorrelation.push_back(autocorrelation(std::span<const double>(left)));
    result.trend.push_back(trend_share(left));
    result.sum.push_back(sum.value());
    result.count.push_back(count);
    result.dead.push_back(dead);
  }
  return result;
}

/// The mean of the defined numbers of a head, or why there is none.
Value mean_of_head(const std::vector<PromptSeries>& prompts,
                   std::vector<Value> PromptSeries::*numbers, std::size_t head) {
  CompensatedSum sum;
  double count = 0.0;
  Status reason = Status::ok;
  for (const PromptSeries& prompt : prompts) {
    const Value& value = (prompt.*numbers)[head];
    reason = first_reason(reason, value.status());
    if (!value.ok()) continue;
    sum += value.value();
    count += 1.0;
  }
  return count > 0.0 ? Value(sum.value() / count) : Value(reason);
}

std::size_t fewest_transitions(const std::vector<PromptSeries>& prompts, const Options& options) {
  const std::size_t lag = options.phiid.lag;
  const auto transitions = [lag](std::size_t steps) { return steps > lag ? steps - lag : 0; };
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  std::size_t sum = 0;
  std::size_t steps = 0;
  for (const PromptSeries& prompt : prompts) {
    fewest = std::min(fewest, transitions(prompt.steps));
    sum += transitions(prompt.steps);
    steps += prompt.steps;
  }
  if (options.mode == Mode::per_prompt) return fewest;
  return options.keep_borders ? transitions(steps) : sum;
}

}  // namespace

Series prepare(const Input& input, const Options& options) {
  Series result;
  result.heads = input.heads();
  std::vector<PromptSeries> prompts(input.prompts.size());
  for_each_tile(prompts.size(), options.threads, [&](std::size_t p) {
    prompts[p] = prepare_prompt(input.prompts[p], p, result.heads, options);
  });
  for (std::size_t head = 0; head < result.heads; ++head) {
    CompensatedSum sum;
    double count = 0.0;
    bool dead = true;
    for (const PromptSeries& prompt : prompts) {
      sum += prompt.sum[head];
      count += prompt.count[head];
      dead = dead && prompt.dead[head];
    }
    result.level.push_back(count > 0.0 ? Value(sum.value() / count) : Value(Status::nonfinite));
    result.dead.push_back(dead);
    result.autocorrelation.push_back(mean_of_head(prompts, &PromptSeries::autocorrelation, head));
    result.trend.push_back(mean_of_head(prompts, &PromptSeries::trend, head));
  }
  result.transitions = fewest_transitions(prompts, options);
  for (PromptSeries& prompt : prompts) {
    result.broken.insert(result.broken.end(), prompt.broken.begin(), prompt.broken.end());
    result.values.push_back(std::move(prompt.values));
  }
  return result;
}

std::vector<MatrixView<double>> Series::views() const {
  std::vector<MatrixView<double>> result;
  result.reserve(values.size());
  for (const std::vector<double>& prompt : values) {
    result.emplace_back(std::span<const double>(prompt), prompt.size() / heads, heads);
  }
  return result;
}

}  // namespace phiscope::analyze::phiid
