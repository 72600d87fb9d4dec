// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "golden_run.hpp"
#include "loo/analysis/analysis.hpp"
#include "loo/tables.hpp"
#include "process.hpp"
#include "reference.hpp"
#include "temp_dir.hpp"

#include <set>
#include <sstream>

using namespace phiscope::analyze::loo;

namespace {

using Record = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> parts;
  std::istringstream stream(line + ",");
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

/// The lines of a CSV text without quotes, by column name.
std::vector<Record> records(const std::string& csv) {
  std::istringstream stream(csv);
  std::string line;
  std::getline(stream, line);
  const auto columns = split(line);
  std::vector<Record> result;
  while (std::getline(stream, line)) {
    const auto parts = split(line);
    REQUIRE(parts.size() == columns.size());
    Record record;
    for (std::size_t i = 0; i < parts.size(); ++i) record[columns[i]] = parts[i];
    result.push_back(record);
  }
  return result;
}

std::vector<Record> table_records(const std::vector<phiscope::report::NamedTable>& all,
                                  const std::string& file) {
  for (const phiscope::report::NamedTable& table : all) {
    if (table.file == file) return records(phiscope::to_csv(table.table));
  }
  throw std::runtime_error("no table " + file);
}

std::vector<Record> expected_records(const std::string& file) {
  return records(phiscope::test::read_text(phiscope::test::golden() / "loo" / file));
}

/// What the script computes in floating point; every other column is a text or a count.
bool is_decimal(const std::string& column) {
  static const std::set<std::string> decimal = {"mean", "sd", "median", "rank_correlation"};
  return decimal.contains(column);
}

/// Every column of `expected` is in `found`: texts and counts are equal, decimals differ by at most
/// 1e-11 relative and an undefined one is empty in both.
void check_equal(const Record& found, const Record& expected) {
  for (const auto& [name, value] : expected) {
    CAPTURE(name, value);
    REQUIRE(found.contains(name));
    const std::string& other = found.at(name);
    if (is_decimal(name) && !value.empty() && !other.empty()) {
      CHECK(std::stod(other) == Approx(std::stod(value)).epsilon(1e-11).margin(1e-13));
    } else {
      CHECK(other == value);
    }
  }
}

std::vector<RunResult> golden_results() {
  return analyze_runs({phiscope::test::golden() / "loo" / "run"}, {}, {.resamples = 200});
}

}  // namespace

TEST_CASE("the golden run is what its options give", "[golden]") {
  const phiscope::test::TempDir folder;
  write_synthetic_run(folder.path() / "run", phiscope::test::golden_run());
  const auto golden = phiscope::test::tree(phiscope::test::golden() / "loo" / "run");
  auto made = phiscope::test::tree(folder.path() / "run");
  for (const auto& [file, bytes] : golden) {
    CAPTURE(file);
    if (file.ends_with(".npy") || file == "prompts.jsonl") CHECK(made[file] == bytes);
  }
}

TEST_CASE("influences of the golden run are those of the NumPy script", "[golden]") {
  const auto found = table_records(tables(golden_results()), "loo.csv");
  const auto expected = expected_records("expected_loo.csv");
  REQUIRE(found.size() == expected.size());
  std::size_t defined = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    check_equal(found[i], expected[i]);
    if (!expected[i].at("mean").empty()) ++defined;
  }
  CHECK(defined > expected.size() / 2);
}

TEST_CASE("intervals of the golden run hold their means", "[golden]") {
  for (const Record& row : table_records(tables(golden_results()), "loo.csv")) {
    if (row.at("ci_low").empty()) {
      CHECK(std::stoi(row.at("n_contexts")) < 5);
      continue;
    }
    const double mean = std::stod(row.at("mean"));
    CHECK(std::stod(row.at("ci_low")) <= mean + 1e-12);
    CHECK(std::stod(row.at("ci_high")) >= mean - 1e-12);
  }
}

TEST_CASE("levels of the golden run are those of the NumPy script", "[golden]") {
  const auto found = table_records(tables(golden_results()), "levels.csv");
  const auto expected = expected_records("expected_levels.csv");
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    check_equal(found[i], expected[i]);
  }
}

TEST_CASE("rank correlations of the golden run are those of the NumPy script", "[golden]") {
  std::vector<Record> found;
  for (const Record& row : table_records(tables(golden_results()), "correlations.csv")) {
    if (row.at("n").empty()) found.push_back(row);
  }
  const auto expected = expected_records("expected_correlations.csv");
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    check_equal(found[i], expected[i]);
  }
}

TEST_CASE("the position-0-only model explains as much as in the NumPy script", "[golden]") {
  const auto found = table_records(tables(golden_results()), "diagnostics.csv");
  const auto expected = expected_records("expected_zero.csv");
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(found[i].at("position_zero_means") == expected[i].at("position_zero_means"));
    const double grid = std::stod(expected[i].at("position_zero_r2"));
    const double fitted = std::stod(found[i].at("position_zero_r2"));
    CHECK(fitted >= grid - 1e-9);  // the script searches a grid of 1000 steps a decade
    CHECK(fitted <= grid + 1e-4);
  }
}
