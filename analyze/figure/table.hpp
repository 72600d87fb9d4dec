// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace phiscope {

/// A number that does not exist, with the reason why ("no_cross_pairs", "one_context", ...).
struct Undefined {
  std::string reason;
  friend bool operator==(const Undefined&, const Undefined&) = default;
};

/// One cell of a table.
using Cell = std::variant<std::string, std::int64_t, double, Undefined>;

/// The value as a cell; NaN and infinities become Undefined{"nonfinite"}.
[[nodiscard]] Cell number_cell(double value);

/// A rectangular table: every row has one cell per column.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
};

/// Shortest text that reads back to the same double, whatever the locale.
/// @throws std::invalid_argument for NaN and infinities
[[nodiscard]] std::string number_text(double value);

/// A number for people: `digits` significant digits, no exponent between 1e-3 and 1e6.
[[nodiscard]] std::string rounded_text(double value, int digits);

/// CSV with the quoting of RFC 4180 and lines that end in "\n"; the first line names the columns,
/// an undefined cell is empty, numbers are shortest round-trip.
/// @throws std::invalid_argument if a row has another length than `columns`, two columns have one
///         name or a number is not finite
[[nodiscard]] std::string to_csv(const Table& table);

/// Strict JSON: {"columns": [...], "rows": [{column: value, ...}, ...]}. An undefined cell is null
/// and is followed by "<column>_undefined": reason.
/// @throws std::invalid_argument as to_csv
[[nodiscard]] std::string to_json(const Table& table);

}  // namespace phiscope
