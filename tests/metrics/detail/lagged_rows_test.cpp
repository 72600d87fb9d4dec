// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/lagged_rows.hpp>

#include <vector>

using phiscope::lagged_rows;
using phiscope::MatrixView;

namespace {
const std::vector<double> forty_ones(40, 1.0);
}

TEST_CASE("transitions stay within a recording", "[lagged_rows]") {
  const std::vector<MatrixView<double>> recordings{{std::span(forty_ones).first(8), 4, 2},
                                                   {std::span(forty_ones).first(2), 1, 2},
                                                   {std::span(forty_ones).first(6), 3, 2}};
  const auto one = lagged_rows<double>(recordings, 1);
  CHECK(one.rows.size() == 8);
  CHECK(one.begins == std::vector<char>{1, 1, 1, 0, 0, 1, 1, 0});
  CHECK(one.ends == std::vector<char>{0, 1, 1, 1, 0, 0, 1, 1});
  CHECK(one.transitions == 5);
  const auto two = lagged_rows<double>(recordings, 2);
  CHECK(two.begins == std::vector<char>{1, 1, 0, 0, 0, 1, 0, 0});
  CHECK(two.ends == std::vector<char>{0, 0, 1, 1, 0, 0, 0, 1});
  const auto kept = lagged_rows<double>(recordings, 1, true);
  CHECK(kept.begins == std::vector<char>{1, 1, 1, 1, 1, 1, 1, 0});
  CHECK(kept.transitions == 7);
  CHECK(lagged_rows<double>(recordings, 8, true).transitions == 0);
  CHECK(lagged_rows<double>(recordings, 100).transitions == 0);
}

TEST_CASE("rows are those of the recordings, stride and all", "[lagged_rows]") {
  const MatrixView<double> strided(forty_ones, 4, 2, 10);
  const auto rows = lagged_rows<double>(std::span(&strided, 1), 1);
  CHECK(rows.series == 2);
  CHECK(rows.rows[3] == forty_ones.data() + 30);
  CHECK(lagged_rows<double>({}, 1).rows.empty());
}

TEST_CASE("recordings must have the same series, and a lag is at least 1", "[lagged_rows]") {
  const std::vector<MatrixView<double>> uneven{{forty_ones, 20, 2}, {forty_ones, 10, 4}};
  CHECK_THROWS_WITH(lagged_rows<double>(uneven, 1), Contains("recording 1 has 4 series"));
  CHECK_THROWS_AS(lagged_rows<double>({}, 0), std::invalid_argument);
}
