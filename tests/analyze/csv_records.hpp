// SPDX-License-Identifier: MIT
#pragma once

#include "process.hpp"

#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace phiscope::test {

/// One line of a CSV text without quotes, by column name.
using Record = std::map<std::string, std::string>;

inline std::vector<Record> csv_records(const std::string& csv) {
  const auto split = [](const std::string& line) {
    std::vector<std::string> parts;
    std::istringstream stream(line + ",");
    for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
    return parts;
  };
  std::istringstream stream(csv);
  std::string line;
  std::getline(stream, line);
  const auto columns = split(line);
  std::vector<Record> result;
  while (std::getline(stream, line)) {
    const auto parts = split(line);
    if (parts.size() != columns.size()) throw std::runtime_error("a line of other length: " + line);
    Record record;
    for (std::size_t i = 0; i < parts.size(); ++i) record[columns[i]] = parts[i];
    result.push_back(std::move(record));
  }
  return result;
}

inline std::vector<Record> csv_file(const std::filesystem::path& file) {
  return csv_records(read_text(file));
}

}  // namespace phiscope::test
