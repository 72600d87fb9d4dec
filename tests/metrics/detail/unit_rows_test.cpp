// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/unit_rows.hpp>

#include <cmath>
#include <vector>

using phiscope::MatrixView;
using phiscope::Status;
using phiscope::unit_rows;

TEST_CASE("unit rows have length one and their direction", "[unit_rows]") {
  const std::vector<float> values{3, 4, 0, -2};
  const auto unit = unit_rows(MatrixView<float>(values, 2, 2));
  CHECK(unit.status == Status::ok);
  CHECK(unit.values == std::vector<double>{0.6, 0.8, 0, -1});
}

TEST_CASE("a row without direction is named", "[unit_rows]") {
  std::vector<double> values{0, 0, 1, 1};
  CHECK(unit_rows(MatrixView<double>(values, 2, 2)).status == Status::zero_norm);
  values[3] = std::nan("");
  CHECK(unit_rows(MatrixView<double>(values, 2, 2)).status == Status::zero_norm);
  values[0] = 1.0;
  CHECK(unit_rows(MatrixView<double>(values, 2, 2)).status == Status::nonfinite);
}
