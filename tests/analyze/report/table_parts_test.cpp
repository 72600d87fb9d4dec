// SPDX-License-Identifier: MIT
#include "report/table_parts.hpp"

#include "catch.hpp"

namespace phiscope::report::table_parts_test {

TEST_CASE("cells hold numbers, counts and reasons", "[table_parts]") {
  CHECK(value_cell(0.25) == Cell(0.25));
  CHECK(value_cell(Status::no_gap) == Cell(Undefined{"no_gap"}));
  CHECK(count_cell(7) == Cell(std::int64_t{7}));
}

TEST_CASE("parts of rows and of headings keep their order", "[table_parts]") {
  TableRow row = {std::string("a")};
  append(row, {count_cell(1), value_cell(2.0)});
  CHECK(row == TableRow{std::string("a"), std::int64_t{1}, 2.0});
  CHECK(columns({"a", "b"}, {"c"}) == std::vector<std::string>{"a", "b", "c"});
}

}  // namespace phiscope::report::table_parts_test
