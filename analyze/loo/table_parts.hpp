// SPDX-License-Identifier: MIT
#pragma once

#include "figure/table.hpp"
#include "loo/analysis/analysis.hpp"
#include "report/table_parts.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace phiscope::analyze::loo {

using Row = std::vector<Cell>;

using report::value_cell;

/// With several runs the first column is the run.
[[nodiscard]] inline std::vector<std::string> run_columns(bool several,
                                                          const std::vector<std::string>& rest) {
  std::vector<std::string> result;
  if (several) result.emplace_back("run");
  result.insert(result.end(), rest.begin(), rest.end());
  return result;
}

/// The cells of run (with several) and condition.
[[nodiscard]] inline Row run_row(bool several, const RunResult& run, std::size_t condition) {
  Row result;
  if (several) result.emplace_back(run.label);
  result.emplace_back(run.info.conditions[condition].name);
  return result;
}

inline void extend(Row& row, const Row& more) {
  row.insert(row.end(), more.begin(), more.end());
}

/// Calls visit(run, condition, length, layer) for all that was measured, in the order of the
/// tables.
template <class Visit>
void for_each_cell(const std::vector<RunResult>& runs, Visit visit) {
  for (const RunResult& run : runs) {
    for (std::size_t condition = 0; condition < run.info.conditions.size(); ++condition) {
      for (std::size_t length = 0; length < run.lengths.size(); ++length) {
        if (!run.has(condition, length)) continue;
        for (std::size_t layer = 0; layer < run.info.layers.size(); ++layer) {
          visit(run, condition, length, layer);
        }
      }
    }
  }
}

}  // namespace phiscope::analyze::loo
