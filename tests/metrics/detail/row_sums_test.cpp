// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/detail/row_sums.hpp>

#include <vector>

using phiscope::add_row;
using phiscope::add_rows;
using phiscope::test::random_rows;

TEMPLATE_TEST_CASE("rows are added with their weights", "[row_sums]", float, double) {
  const std::size_t units = GENERATE(as<std::size_t>{}, 0, 1, 3, 4, 5, 8, 18, 39);
  const auto x = random_rows<TestType>(units, 4, units + 1);
  const auto row = [&](std::size_t i) { return x.view().row(i).first(units); };
  std::vector<double> four(units, 10.0);
  std::vector<double> one_by_one(units, 10.0);
  const std::array<double, 4> weights{1.0, -2.0, 0.5, 3.0};
  add_rows<TestType>({row(0), row(1), row(2), row(3)}, weights, four);
  for (std::size_t i = 0; i < 4; ++i) add_row(row(i), weights[i], std::span<double>(one_by_one));
  for (std::size_t j = 0; j < units; ++j) {
    double expected = 10.0;
    for (std::size_t i = 0; i < 4; ++i) expected += weights[i] * static_cast<double>(row(i)[j]);
    CHECK(four[j] == Approx(expected).epsilon(1e-15));
    CHECK(one_by_one[j] == Approx(expected).epsilon(1e-15));
  }
}

TEST_CASE("rows that are fetched ahead change nothing", "[row_sums]") {
  const auto x = random_rows<float>(1, 8, 39);
  const auto row = [&x](std::size_t i) { return x.view().row(i); };
  const std::array<double, 4> weights{1.0, -2.0, 0.5, 3.0};
  std::vector<double> alone(39, 0.0);
  std::vector<double> ahead(39, 0.0);
  add_rows<float>({row(0), row(1), row(2), row(3)}, weights, alone);
  add_rows<float>({row(0), row(1), row(2), row(3)}, weights, ahead,
                  {row(4), row(5).first(20), row(6).first(1), {}});
  CHECK(ahead == alone);
}

TEST_CASE("rows and sum have one length", "[row_sums]") {
  const std::vector<double> row{1, 2, 3};
  const std::span<const double> three(row);
  std::vector<double> sum(3, 0.0);
  CHECK_THROWS_WITH(add_row(three.first(2), 1.0, std::span<double>(sum)),
                    Contains("add_row: lengths 2 and 3"));
  CHECK_THROWS_WITH(add_rows<double>({three, three, three.first(1), three}, {1, 1, 1, 1}, sum),
                    Contains("add_rows: lengths 1 and 3"));
}
