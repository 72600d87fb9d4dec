// SPDX-License-Identifier: MIT
#pragma once

#include "report/table_parts.hpp"
#include "sampling/analysis/flips.hpp"

#include <optional>
#include <string>
#include <vector>

namespace phiscope::analyze::sampling {

/// Columns of a mean over problems: mean, its interval, how many problems, how many of them have
/// the number, and why the others do not.
[[nodiscard]] std::vector<std::string> mean_columns();
[[nodiscard]] report::TableRow mean_cells(const Cell& cell);

/// 1 or 0, or an empty cell that knows why.
[[nodiscard]] phiscope::Cell flag_cell(const std::optional<bool>& flag, const std::string& reason);

}  // namespace phiscope::analyze::sampling
