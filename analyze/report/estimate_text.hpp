// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/estimate.hpp>

#include <string>

namespace phiscope::report {

/// Three significant digits.
[[nodiscard]] std::string short_text(double value);

/// The same, or "undefined (no_pairs)".
[[nodiscard]] std::string value_text(const Value& value);

/// "0.63 [0.60, 0.66]", without the interval where there is none.
[[nodiscard]] std::string estimate_text(const Estimate& estimate);

/// "12.5 %" of a share.
[[nodiscard]] std::string percent_text(double share);

}  // namespace phiscope::report
