// SPDX-License-Identifier: MIT
#include "shard/text/csv.hpp"

#include "shard/file/format_error.hpp"
#include "shard/file/mapped_file.hpp"
#include "shard/text/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

namespace phiscope::shard {
namespace {

/// The fields of one row and the line it begins on.
struct Row {
  std::vector<std::string> fields;
  std::size_t line = 0;
};

/// Takes the text apart, row by row.
class Scanner {
 public:
  Scanner(std::string_view text, const std::filesystem::path& file) : text_(text), file_(&file) {}

  [[nodiscard]] bool done() const { return at_ == text_.size(); }

  [[nodiscard]] Row row() {
    Row row{.fields = {}, .line = line_};
    while (true) {
      row.fields.push_back(at('"') ? quoted(row.fields.size() + 1) : plain(row.fields.size() + 1));
      if (end_of_row()) return row;
      ++at_;  // the comma
    }
  }

  [[noreturn]] void fail(std::size_t line, std::size_t column, const std::string& message) const {
    throw FormatError(*file_, "line " + std::to_string(line) + ", column " +
                                  std::to_string(column) + ": " + message);
  }

 private:
  [[nodiscard]] bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  [[nodiscard]] bool at_line_end() const {
    return at('\n') || (at('\r') && at_ + 1 < text_.size() && text_[at_ + 1] == '\n');
  }

  /// Passes over a line end; false at a comma.
  [[nodiscard]] bool end_of_row() {
    if (at(',')) return false;
    if (at('\r')) ++at_;
    if (at('\n')) ++at_;
    ++line_;
    return true;
  }

  [[nodiscard]] std::string plain(std::size_t column) {
    const std::size_t begin = at_;
    while (!done() && !at(',') && !at_line_end()) {
      const char c = text_[at_];
      if (c == '"') fail(line_, column, "found a quote inside of a field, expected it around it");
      if (c == '\r') fail(line_, column, "found a carriage return, expected a line feed after it");
      if (c == '\0') fail(line_, column, "found a zero byte, expected text");
      ++at_;
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  [[nodiscard]] std::string quoted(std::size_t column) {
    const std::size_t first_line = line_;
    std::string field;
    for (++at_; !done(); ++at_) {
      if (at('"')) {
        ++at_;
        if (at('"')) {
          field += '"';
          continue;
        }
        if (!done() && !at(',') && !at_line_end()) {
          fail(line_, column,
               "found " + quote_bytes(text_.substr(at_, 1)) + " after a field in quotes, " +
                   "expected a comma or the end of the line");
        }
        return field;
      }
      if (at('\n')) ++line_;
      if (at('\0')) fail(line_, column, "found a zero byte, expected text");
      field += text_[at_];
    }
    fail(first_line, column, "a quote is opened and found unclosed at the end, expected another");
  }

  std::string_view text_;
  const std::filesystem::path* file_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

std::string_view without_byte_order_mark(std::string_view bytes,
                                         const std::filesystem::path& file) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    throw FormatError(file, "line 1, column 1: found UTF-16, expected UTF-8");
  }
  if (bytes.starts_with(mark)) bytes.remove_prefix(mark.size());
  return bytes;
}

void check_columns(const Scanner& scanner, const Row& header) {
  const std::vector<std::string>& names = header.fields;
  if (names.size() == 1 && names[0].find_first_of(";\t") != std::string::npos) {
    scanner.fail(1, 1, "found " + quote_bytes(names[0]) + ", expected commas between the columns");
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) {
      scanner.fail(1, i + 1, "found an empty name, expected a column name (pandas: index=False)");
    }
    if (!seen.insert(names[i]).second) {
      scanner.fail(
          1, i + 1,
          "found " + quote_bytes(names[i]) + " again, a duplicate; expected every column once");
    }
  }
}

}  // namespace

Csv Csv::read(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  return parse(mapped.text(), file);
}

Csv Csv::parse(std::string_view bytes, const std::filesystem::path& for_errors) {
  Scanner scanner(without_byte_order_mark(bytes, for_errors), for_errors);
  if (scanner.done()) {
    throw FormatError(for_errors, "line 1: found an empty file, expected column names");
  }
  Csv csv;
  csv.path_ = for_errors;
  Row header = scanner.row();
  check_columns(scanner, header);
  csv.columns_ = std::move(header.fields);
  while (!scanner.done()) {
    Row row = scanner.row();
    if (row.fields.size() != csv.columns_.size()) {
      scanner.fail(row.line, std::min(row.fields.size(), csv.columns_.size()),
                   "found " + std::to_string(row.fields.size()) + " fields, expected " +
                       std::to_string(csv.columns_.size()) + " as in the header");
    }
    csv.lines_.push_back(row.line);
    std::move(row.fields.begin(), row.fields.end(), std::back_inserter(csv.fields_));
  }
  return csv;
}

bool Csv::has(std::string_view name) const noexcept {
  return std::find(columns_.begin(), columns_.end(), name) != columns_.end();
}

std::size_t Csv::column(std::string_view name) const {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  if (found != columns_.end()) return static_cast<std::size_t>(found - columns_.begin());
  std::string there;
  for (const std::string& column : columns_) {
    if (!there.empty()) there += ", ";
    there += column;
  }
  throw FormatError(path_, "line 1: found columns " + quote_bytes(there, 200) +
                               ", expected a column " + quote_bytes(name));
}

const std::string& Csv::text(std::size_t row, std::size_t column) const {
  return fields_.at(row * columns_.size() + column);
}

void Csv::refuse(std::size_t row, std::size_t column, std::string_view expected) const {
  throw FormatError(path_, "line " + std::to_string(line(row)) + ", column " +
                               quote_bytes(columns_.at(column)) + ": found " +
                               quote_bytes(text(row, column)) + ", expected " +
                               std::string(expected));
}

std::int64_t Csv::count(std::size_t row, std::size_t column, std::int64_t largest) const {
  const std::string& field = text(row, column);
  std::int64_t value = -1;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  const bool is_integer = error == std::errc() && end == field.data() + field.size();
  if (!is_integer || field.front() == '-' || value > largest) {
    refuse(row, column, "an integer from 0 to " + std::to_string(largest));
  }
  return value;
}

double Csv::number(std::size_t row, std::size_t column) const {
  const std::string& field = text(row, column);
  const std::optional<double> value = decimal(field);
  if (!value || !std::isfinite(*value)) refuse(row, column, "a finite number");
  return *value;
}

}  // namespace phiscope::shard
