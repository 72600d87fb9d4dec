// SPDX-License-Identifier: MIT
#include "sampling/mean_cells.hpp"

#include "report/estimate_text.hpp"

#include <cstdint>

namespace phiscope::analyze::sampling {

std::vector<std::string> mean_columns() {
  return report::columns(report::columns({"mean"}, report::interval_columns()),
                         {"n_problems", "n_ok", "undefined"});
}

report::TableRow mean_cells(const Cell& cell) {
  report::TableRow row = {report::value_cell(cell.mean.value)};
  report::append(row, report::interval_cells(cell.mean));
  std::string reasons;
  for (const auto& [status, count] : cell.undefined) {
    reasons += (reasons.empty() ? "" : "; ") + std::string(status_name(status)) + " " +
               std::to_string(count);
  }
  report::append(row, {report::count_cell(cell.count), report::count_cell(cell.defined()),
                       reasons.empty() ? std::string("none") : reasons});
  return row;
}

phiscope::Cell flag_cell(const std::optional<bool>& flag, const std::string& reason) {
  if (!flag) return Undefined{reason};
  return std::int64_t{*flag ? 1 : 0};
}

}  // namespace phiscope::analyze::sampling
