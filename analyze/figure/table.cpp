// SPDX-License-Identifier: MIT
#include "figure/table.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace phiscope {
namespace {

void check(const Table& table) {
  if (std::set<std::string>(table.columns.begin(), table.columns.end()).size() !=
      table.columns.size()) {
    throw std::invalid_argument("table: two columns have the same name");
  }
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (table.rows[i].size() == table.columns.size()) continue;
    throw std::invalid_argument("table: row " + std::to_string(i) + " has " +
                                std::to_string(table.rows[i].size()) + " cells, expected " +
                                std::to_string(table.columns.size()));
  }
}

std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

struct CsvText {
  std::string operator()(const std::string& text) const { return csv_text(text); }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return number_text(value); }
  std::string operator()(const Undefined&) const { return {}; }
};

}  // namespace

Cell number_cell(double value) {
  if (std::isfinite(value)) return value;
  return Undefined{"nonfinite"};
}

std::string number_text(double value) {
  if (!std::isfinite(value)) throw std::invalid_argument("table: a number is not finite");
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string rounded_text(double value, int digits) {
  if (!std::isfinite(value)) throw std::invalid_argument("table: a number is not finite");
  if (value == 0.0) return "0";
  std::array<char, 64> text{};
  const double size = std::abs(value);
  const bool plain = size >= 1e-3 && size < 1e6;
  const int decimals =
      plain ? std::max(0, digits - 1 - static_cast<int>(std::floor(std::log10(size)))) : digits - 1;
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, format, decimals).ptr;
  return {text.data(), end};
}

std::string to_csv(const Table& table) {
  check(table);
  std::string csv;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (i > 0) csv += ',';
    csv += csv_text(table.columns[i]);
  }
  csv += '\n';
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) csv += ',';
      csv += std::visit(CsvText{}, row[i]);
    }
    csv += '\n';
  }
  return csv;
}

std::string to_json(const Table& table) {
  check(table);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const auto& row : table.rows) {
    nlohmann::ordered_json record = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (const auto* undefined = std::get_if<Undefined>(&row[i])) {
        record[table.columns[i]] = nullptr;
        record[table.columns[i] + "_undefined"] = undefined->reason;
      } else if (const auto* value = std::get_if<double>(&row[i])) {
        if (!std::isfinite(*value)) throw std::invalid_argument("table: a number is not finite");
        record[table.columns[i]] = *value;
      } else if (const auto* integer = std::get_if<std::int64_t>(&row[i])) {
        record[table.columns[i]] = *integer;
      } else {
        record[table.columns[i]] = std::get<std::string>(row[i]);
      }
    }
    rows.push_back(std::move(record));
  }
  const nlohmann::ordered_json document = {{"columns", table.columns}, {"rows", std::move(rows)}};
  return document.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace phiscope
