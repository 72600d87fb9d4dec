// SPDX-License-Identifier: MIT
#include "report/unit_mean.hpp"

#include <phiscope/bootstrap_mean.hpp>

#include <vector>

namespace phiscope::report {

std::size_t UnitMean::defined() const {
  std::size_t number = count;
  for (const auto& [status, units] : undefined) number -= units;
  return number;
}

UnitMean unit_mean(std::span<const Value> values, const BootstrapOptions& options) {
  UnitMean result{.count = values.size()};
  std::vector<double> numbers;
  numbers.reserve(values.size());
  for (const Value& value : values) {
    if (value.ok())
      numbers.push_back(value.value());
    else
      ++result.undefined[value.status()];
  }
  result.mean = bootstrap_mean(numbers, options);
  if (numbers.empty() && result.undefined.size() == 1) {
    const Status why = result.undefined.begin()->first;
    result.mean.value = result.mean.low = result.mean.high = why;
  }
  return result;
}

}  // namespace phiscope::report
