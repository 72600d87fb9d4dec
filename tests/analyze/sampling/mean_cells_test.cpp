// SPDX-License-Identifier: MIT
#include "sampling/mean_cells.hpp"

#include "catch.hpp"

namespace phiscope::analyze::sampling::mean_cells_test {

TEST_CASE("cells of a mean are as many as its columns and say what is missing", "[mean_cells]") {
  const std::vector<Value> values = {
      1.0, 2.0, 4.0, 5.0, 8.0, Status::too_short, Status::too_short, Status::nonfinite};
  const Cell cell = cell_of(values, {});
  const auto row = mean_cells(cell);
  const auto columns = mean_columns();
  REQUIRE(row.size() == columns.size());
  CHECK(columns.front() == "mean");
  CHECK(std::get<double>(row.front()) == 4.0);
  CHECK(columns[columns.size() - 3] == "n_problems");
  CHECK(std::get<std::int64_t>(row[row.size() - 3]) == 8);
  CHECK(std::get<std::int64_t>(row[row.size() - 2]) == 5);
  CHECK(std::get<std::string>(row.back()) == "too_short 2; nonfinite 1");
}

TEST_CASE("a flag is 1, 0 or empty with a reason", "[mean_cells]") {
  CHECK(flag_cell(true, "") == phiscope::Cell(std::int64_t{1}));
  CHECK(flag_cell(false, "") == phiscope::Cell(std::int64_t{0}));
  CHECK(flag_cell(std::nullopt, "not_to_the_end") == phiscope::Cell(Undefined{"not_to_the_end"}));
}

}  // namespace phiscope::analyze::sampling::mean_cells_test
