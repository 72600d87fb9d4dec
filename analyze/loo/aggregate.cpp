// SPDX-License-Identifier: MIT
#include "loo/aggregate.hpp"

#include <phiscope/sum.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace phiscope::analyze::loo {
namespace {

/// Standard deviation with ddof 1. @pre numbers has at least two entries
double deviation(const std::vector<double>& numbers, double mean) {
  CompensatedSum squares;
  for (const double number : numbers) squares += (number - mean) * (number - mean);
  return std::sqrt(squares.value() / static_cast<double>(numbers.size() - 1));
}

}  // namespace

Aggregate aggregate(const std::vector<Value>& values, const std::vector<std::int64_t>& contexts,
                    const BootstrapOptions& options) {
  if (values.size() != contexts.size()) {
    throw std::invalid_argument("aggregate: " + std::to_string(values.size()) + " values and " +
                                std::to_string(contexts.size()) + " contexts, expected as many");
  }
  Aggregate result;
  result.events = static_cast<std::int64_t>(values.size());
  std::vector<double> numbers;
  std::vector<std::int64_t> units;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].ok()) {
      numbers.push_back(values[i].value());
      units.push_back(contexts[i]);
    } else {
      const auto* const reason = std::find(reasons.begin(), reasons.end(), values[i].status());
      if (reason == reasons.end()) throw std::invalid_argument("aggregate: a reason has no column");
      ++result.undefined[static_cast<std::size_t>(reason - reasons.begin())];
    }
  }
  result.defined = static_cast<std::int64_t>(numbers.size());
  const BootstrapMean interval = bootstrap_mean(numbers, units, options);
  result.mean = interval.mean;
  result.low = interval.low;
  result.high = interval.high;
  result.contexts = static_cast<std::int64_t>(interval.units);
  if (numbers.empty()) return result;
  result.median = median(numbers);
  if (numbers.size() > 1 && result.mean.ok()) result.sd = deviation(numbers, result.mean.value());
  return result;
}

double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  const std::size_t half = numbers.size() / 2;
  if (numbers.size() % 2 == 1) return numbers[half];
  return 0.5 * numbers[half - 1] + 0.5 * numbers[half];
}

Status main_reason(const Aggregate& aggregate) {
  const auto* const most = std::max_element(aggregate.undefined.begin(), aggregate.undefined.end());
  if (*most == 0) return Status::ok;
  return reasons[static_cast<std::size_t>(most - aggregate.undefined.begin())];
}

}  // namespace phiscope::analyze::loo
