// SPDX-License-Identifier: MIT
#include "report/estimate_text.hpp"

#include <cmath>

namespace phiscope::report {
namespace {

bool has_interval(const Estimate& estimate) {
  return estimate.value.ok() && estimate.low.ok() && estimate.high.ok();
}

Cell end_cell(const Value& end) {
  if (end.ok()) return end.value();
  return Undefined{std::string(status_name(end.status()))};
}

std::string counted(const Estimate& estimate) {
  std::string covers(estimate.covers.empty() ? "units" : estimate.covers);
  if (estimate.units == 1 && covers.ends_with('s')) covers.pop_back();
  return std::to_string(estimate.units) + " " + covers;
}

}  // namespace

std::string short_text(double value) {
  return rounded_text(value, 3);
}

std::string value_text(const Value& value) {
  if (!value.ok()) return "undefined (" + std::string(status_name(value.status())) + ")";
  return short_text(value.value());
}

std::string estimate_text(const Estimate& estimate) {
  if (has_interval(estimate)) return bracket_text(estimate) + " (" + units_text(estimate) + ")";
  if (!estimate.value.ok()) return value_text(estimate.value);
  return value_text(estimate.value) + " (no interval: " + no_interval_text(estimate) + ")";
}

std::string bracket_text(const Estimate& estimate) {
  if (!has_interval(estimate)) return value_text(estimate.value);
  return value_text(estimate.value) + " [" + value_text(estimate.low) + ", " +
         value_text(estimate.high) + "]";
}

std::string units_text(const Estimate& estimate) {
  // 95, not 95.0: nominal, not measured.
  return number_text(std::round(1000.0 * estimate.confidence) / 10.0) + " %, " + counted(estimate);
}

std::string no_interval_text(const Estimate& estimate) {
  if (has_interval(estimate)) return {};
  const Status why = estimate.low.ok() ? estimate.high.status() : estimate.low.status();
  if (why == Status::few_units) {
    return counted(estimate) + ", expected at least " + std::to_string(least_units);
  }
  if (why == Status::unstable && estimate.undefined_draws > 0) {
    return std::to_string(estimate.undefined_draws) + " of " + std::to_string(estimate.draws) +
           " resamples undefined";
  }
  return std::string(status_name(why));
}

std::string percent_text(double share) {
  return short_text(100.0 * share) + " %";
}

std::vector<std::string> interval_columns() {
  return {"ci_low",    "ci_high",  "ci_units",           "ci_covers",
          "ci_method", "ci_draws", "ci_undefined_draws", "ci_status"};
}

std::vector<Cell> interval_cells(const Estimate& estimate) {
  const Status status = first_reason(estimate.low.status(), estimate.high.status());
  return {end_cell(estimate.low),
          end_cell(estimate.high),
          static_cast<std::int64_t>(estimate.units),
          std::string(estimate.covers),
          std::string(estimate.method),
          static_cast<std::int64_t>(estimate.draws),
          static_cast<std::int64_t>(estimate.undefined_draws),
          std::string(status_name(status))};
}

}  // namespace phiscope::report
