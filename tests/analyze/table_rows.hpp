// SPDX-License-Identifier: MIT
#pragma once

#include "figure/table.hpp"

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace phiscope::test {

/// A cell as it is written: numbers in full precision, nothing for an undefined one.
inline std::string cell_text(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* count = std::get_if<std::int64_t>(&cell)) return std::to_string(*count);
  if (const auto* number = std::get_if<double>(&cell)) return number_text(*number);
  return "";
}

/// A cell as a figure draws it: nothing where it is undefined.
inline std::optional<double> cell_number(const Cell& cell) {
  if (const auto* count = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*count);
  if (const auto* number = std::get_if<double>(&cell)) return *number;
  return std::nullopt;
}

/// The rows of a table by the texts of some of its columns, which no two rows may share.
class TableRows {
 public:
  TableRows(Table table, const std::vector<std::string>& keys) : table_(std::move(table)) {
    for (std::size_t row = 0; row < table_.rows.size(); ++row) {
      std::vector<std::string> key;
      for (const std::string& column : keys) key.push_back(cell_text(at(row, column)));
      if (!rows_.emplace(key, row).second) throw std::runtime_error("two rows with one key");
    }
  }

  [[nodiscard]] const Cell& cell(const std::vector<std::string>& key,
                                 const std::string& column) const {
    const auto row = rows_.find(key);
    std::string text;
    for (const std::string& part : key) text += " " + part;
    if (row == rows_.end()) throw std::runtime_error("no row" + text);
    return at(row->second, column);
  }
  [[nodiscard]] std::optional<double> number(const std::vector<std::string>& key,
                                             const std::string& column) const {
    return cell_number(cell(key, column));
  }
  [[nodiscard]] std::string text(const std::vector<std::string>& key,
                                 const std::string& column) const {
    return cell_text(cell(key, column));
  }
  [[nodiscard]] std::size_t size() const { return table_.rows.size(); }

 private:
  [[nodiscard]] const Cell& at(std::size_t row, const std::string& column) const {
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      if (table_.columns[i] == column) return table_.rows[row][i];
    }
    throw std::runtime_error("no column " + column);
  }

  Table table_;
  std::map<std::vector<std::string>, std::size_t> rows_;
};

/// The table of a file among those of an analysis.
template <class NamedTables>
const Table& table_of(const NamedTables& all, const std::string& file) {
  for (const auto& table : all) {
    if (table.file == file) return table.table;
  }
  throw std::runtime_error("no table " + file);
}

/// The figure of a name, or the report's section of a title.
template <class Figures>
const auto& figure_of(const Figures& all, const std::string& name) {
  for (const auto& figure : all) {
    if (figure.name == name) return figure;
  }
  throw std::runtime_error("no figure " + name);
}

}  // namespace phiscope::test
