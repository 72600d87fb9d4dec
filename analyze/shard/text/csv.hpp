// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace phiscope::shard {

/// A CSV file as RFC 4180 describes it, read strictly: commas, one line of column names, every row
/// with as many fields, quotes closed. A byte order mark and CRLF line ends are stripped; a final
/// line end may be missing. What the fields mean is asked field by field, so that a column nobody
/// looks at may hold anything.
class Csv {
 public:
  /// @throws FormatError "<file>: line <line>, column <number>: <found>, expected <expected>"
  [[nodiscard]] static Csv read(const std::filesystem::path& file);

  /// As read(), of bytes. @param for_errors  the file named in messages
  [[nodiscard]] static Csv parse(std::string_view bytes, const std::filesystem::path& for_errors);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }
  [[nodiscard]] std::size_t rows() const noexcept { return lines_.size(); }

  /// Index of the column. @throws FormatError naming the columns there are
  [[nodiscard]] std::size_t column(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const noexcept;

  /// A field, without its quotes. @pre row < rows(), column < columns().size()
  [[nodiscard]] const std::string& text(std::size_t row, std::size_t column) const;

  /// The field as an integer from 0 to `largest`, digits only. @throws FormatError
  [[nodiscard]] std::int64_t count(std::size_t row, std::size_t column, std::int64_t largest) const;

  /// The field as a finite decimal number, without spaces around it. @throws FormatError
  [[nodiscard]] double number(std::size_t row, std::size_t column) const;

  /// Refuses a field: "<file>: line 3, column 'layer': found '1.5', expected <expected>".
  [[noreturn]] void refuse(std::size_t row, std::size_t column, std::string_view expected) const;

  /// Line of the file on which the row begins, from 1.
  [[nodiscard]] std::size_t line(std::size_t row) const { return lines_.at(row); }

 private:
  Csv() = default;

  std::filesystem::path path_;
  std::vector<std::string> columns_;
  std::vector<std::string> fields_;  ///< [row, column]
  std::vector<std::size_t> lines_;   ///< [row]
};

}  // namespace phiscope::shard
