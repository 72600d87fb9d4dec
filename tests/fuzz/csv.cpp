// SPDX-License-Identifier: MIT
#include "shard/text/csv.hpp"

#include "target.hpp"

#include <cmath>

namespace phiscope::fuzz {
namespace {

std::string quoted(const std::string& field) {
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

std::string written(const shard::Csv& csv) {
  std::string text;
  for (const std::string& name : csv.columns()) text += (text.empty() ? "" : ",") + quoted(name);
  for (std::size_t row = 0; row < csv.rows(); ++row) {
    text += "\r\n";
    for (std::size_t column = 0; column < csv.columns().size(); ++column) {
      text += (column > 0 ? "," : "") + quoted(csv.text(row, column));
    }
  }
  return text;
}

void check(const shard::Csv& csv) {
  std::size_t line = 1;
  for (std::size_t row = 0; row < csv.rows(); ++row) {
    require(csv.line(row) > line, "csv: lines do not ascend");
    line = csv.line(row);
    for (std::size_t column = 0; column < csv.columns().size(); ++column) {
      accept_or_refuse("x.csv",
                       [&] { require(std::isfinite(csv.number(row, column)), "csv: number"); });
      accept_or_refuse("x.csv", [&] {
        const std::int64_t count = csv.count(row, column, 1000);
        require(0 <= count && count <= 1000, "csv: count");
      });
    }
  }
  for (std::size_t column = 0; column < csv.columns().size(); ++column) {
    require(csv.column(csv.columns()[column]) == column, "csv: column");
  }
}

}  // namespace

bool try_csv(std::string_view input) {
  return accept_or_refuse("x.csv", [&] {
    const shard::Csv csv = shard::Csv::parse(input, "x.csv");
    check(csv);
    const std::string text = written(csv);
    const auto again = read_again([&] { return shard::Csv::parse(text, "x.csv"); });
    require(again.columns() == csv.columns() && again.rows() == csv.rows(), "csv: shape");
    for (std::size_t row = 0; row < csv.rows(); ++row) {
      for (std::size_t column = 0; column < csv.columns().size(); ++column) {
        require(again.text(row, column) == csv.text(row, column), "csv: another field");
      }
    }
  });
}

}  // namespace phiscope::fuzz
