// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/matrix_view.hpp>

#include <limits>
#include <span>
#include <vector>

using phiscope::MatrixView;

TEST_CASE("a row stride makes one layer of [row, layer, unit] a matrix", "[matrix_view]") {
  // 2 rows, 3 layers, 2 units: value = 100 row + 10 layer + unit
  const std::vector<float> values{0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121};
  for (std::size_t layer = 0; layer < 3; ++layer) {
    const MatrixView<float> view(std::span<const float>(values).subspan(2 * layer), 2, 2, 6);
    CHECK(view.rows() == 2);
    CHECK(view.cols() == 2);
    CHECK(view.row_stride() == 6);
    const auto start = static_cast<float>(10 * layer);
    CHECK(view.row(0)[0] == start);
    CHECK(view.row(1)[0] == 100 + start);
    CHECK(view.row(1)[1] == 101 + start);
    CHECK(view.row(1).size() == 2);
  }
}

TEST_CASE("without a stride the rows follow one another", "[matrix_view]") {
  const std::vector<double> values{1, 2, 3, 4, 5, 6};
  const MatrixView<double> view(values, 3, 2);
  CHECK(view.row_stride() == 2);
  CHECK(view.row(2)[1] == 6);
}

TEST_CASE("a matrix view may be empty", "[matrix_view]") {
  const std::vector<double> none;
  CHECK(MatrixView<double>(none, 0, 5).rows() == 0);
  CHECK(MatrixView<double>(none, 3, 0).row(2).empty());
}

TEST_CASE("a matrix view refuses memory of another size", "[matrix_view]") {
  const std::vector<double> values(7);
  CHECK_THROWS_WITH(MatrixView<double>(values, 2, 3), Contains("7 values, expected 2 rows x 3"));
  CHECK_THROWS_WITH(MatrixView<double>(values, 3, 2, 3), Contains("7 values end before row 2"));
  CHECK_THROWS_WITH(MatrixView<double>(values, 2, 3, 2), Contains("row stride 2 is less than 3"));
  CHECK_THROWS_AS(MatrixView<double>(values, 1, 8, 8), std::invalid_argument);
  CHECK_NOTHROW(MatrixView<double>(values, 2, 3, 4));
}

TEST_CASE("a matrix view refuses sizes whose product overflows", "[matrix_view]") {
  const std::vector<double> values(4);
  constexpr std::size_t huge = std::numeric_limits<std::size_t>::max() / 2 + 1;
  CHECK_THROWS_AS(MatrixView<double>(values, huge, 2, 2), std::invalid_argument);
  CHECK_THROWS_AS(MatrixView<double>(values, 3, 2, huge), std::invalid_argument);
}
