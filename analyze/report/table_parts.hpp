// SPDX-License-Identifier: MIT
#pragma once

#include "figure/table.hpp"

#include <phiscope/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace phiscope::report {

/// A row of a table, while it is made.
using TableRow = std::vector<Cell>;

/// The number, or an empty cell that knows why.
[[nodiscard]] inline Cell value_cell(const Value& value) {
  if (value.ok()) return value.value();
  return Undefined{std::string(status_name(value.status()))};
}

[[nodiscard]] inline Cell count_cell(std::size_t count) {
  return static_cast<std::int64_t>(count);
}

inline void append(TableRow& row, const TableRow& more) {
  row.insert(row.end(), more.begin(), more.end());
}

/// The names, then more of them.
[[nodiscard]] inline std::vector<std::string> columns(std::vector<std::string> names,
                                                      const std::vector<std::string>& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

}  // namespace phiscope::report
