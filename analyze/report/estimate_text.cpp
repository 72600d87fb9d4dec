// SPDX-License-Identifier: MIT
#include "report/estimate_text.hpp"

#include "figure/table.hpp"

namespace phiscope::report {

std::string short_text(double value) {
  return rounded_text(value, 3);
}

std::string value_text(const Value& value) {
  if (!value.ok()) return "undefined (" + std::string(status_name(value.status())) + ")";
  return short_text(value.value());
}

std::string estimate_text(const Estimate& estimate) {
  std::string text = value_text(estimate.value);
  if (estimate.value.ok() && estimate.low.ok() && estimate.high.ok()) {
    text += " [" + value_text(estimate.low) + ", " + value_text(estimate.high) + "]";
  }
  return text;
}

std::string percent_text(double share) {
  return short_text(100.0 * share) + " %";
}

}  // namespace phiscope::report
