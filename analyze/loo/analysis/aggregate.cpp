// SPDX-License-Identifier: MIT
#include "loo/analysis/aggregate.hpp"

#include <phiscope/summary.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace phiscope::analyze::loo {
Aggregate aggregate(const std::vector<Value>& values, const std::vector<std::int64_t>& contexts,
                    const BootstrapOptions& options) {
  if (values.size() != contexts.size()) {
    throw std::invalid_argument("aggregate: " + std::to_string(values.size()) + " values and " +
                                std::to_string(contexts.size()) +
                                " contexts, expected equal counts");
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
  result.mean = bootstrap_mean(numbers, units, options);
  if (numbers.empty()) return result;
  result.median = median(numbers);
  if (result.mean.value.ok()) result.sd = standard_deviation(numbers);
  return result;
}

Status main_reason(const Aggregate& aggregate) {
  const auto* const most = std::max_element(aggregate.undefined.begin(), aggregate.undefined.end());
  if (*most == 0) return Status::ok;
  return reasons[static_cast<std::size_t>(most - aggregate.undefined.begin())];
}

}  // namespace phiscope::analyze::loo
