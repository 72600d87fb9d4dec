// SPDX-License-Identifier: MIT
#pragma once

#include "figure/table.hpp"

#include <phiscope/estimate.hpp>

#include <string>
#include <vector>

namespace phiscope::report {

/// Three significant digits.
[[nodiscard]] std::string short_text(double value);

/// The same, or "undefined (no_pairs)".
[[nodiscard]] std::string value_text(const Value& value);

/// "0.630 [0.600, 0.665] (95 %, 20 walks)", or "0.630 (no interval: 4 walks, expected at least 5)".
[[nodiscard]] std::string estimate_text(const Estimate& estimate);

/// "0.630 [0.600, 0.665]" for lists whose units are told once; "0.630" without an interval.
[[nodiscard]] std::string bracket_text(const Estimate& estimate);

/// "95 %, 20 walks": what an interval covers.
[[nodiscard]] std::string units_text(const Estimate& estimate);

/// Why there is no interval: "4 walks, expected at least 5"; empty where there is one.
[[nodiscard]] std::string no_interval_text(const Estimate& estimate);

/// "12.5 %" of a share.
[[nodiscard]] std::string percent_text(double share);

/// Columns that a table has for an interval, the same in all tables: ci_low, ci_high, ci_units,
/// ci_covers, ci_method, ci_draws, ci_undefined_draws, ci_status.
[[nodiscard]] std::vector<std::string> interval_columns();

/// Their cells; ends that there are not are Undefined, and ci_status says why: "ok", "few_units".
[[nodiscard]] std::vector<Cell> interval_cells(const Estimate& estimate);

}  // namespace phiscope::report
