// SPDX-License-Identifier: MIT
// Functions of the metrics called with arrays and views of xtensor.
#include "catch.hpp"
#include "natural_calls.hpp"

#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

using phiscope::MatrixView;
using phiscope::test::matrix_numbers;
using phiscope::test::natural_graph;
using phiscope::test::random_rows;
using phiscope::test::series_numbers;

TEST_CASE("series of xtensor give the numbers of spans", "[natural_xtensor]") {
  const std::vector<double> x = random_rows(1, 1, 64).values;
  const std::vector<double> y = random_rows(2, 1, 64).values;
  const auto expected = series_numbers(x, y);
  xt::xtensor<double, 2> both = xt::zeros<double>({std::size_t{2}, std::size_t{64}});
  xt::view(both, 0, xt::all()) = xt::adapt(x, std::array<std::size_t, 1>{64});
  xt::view(both, 1, xt::all()) = xt::adapt(y, std::array<std::size_t, 1>{64});
  CHECK(series_numbers(xt::view(both, 0, xt::all()), xt::view(both, 1, xt::all())) == expected);
  const xt::xtensor<double, 2> across = xt::transpose(both);
  CHECK(series_numbers(xt::view(across, xt::all(), 0), xt::view(across, xt::all(), 1)) == expected);
  const xt::xarray<double> one = xt::view(both, 0, xt::all());
  CHECK(series_numbers(one, y) == expected);
  CHECK_THROWS_AS(phiscope::norm(both), std::invalid_argument);
}

TEST_CASE("matrices of xtensor give the numbers of views", "[natural_xtensor]") {
  const std::vector<double> x = random_rows(3, 8, 3).values;
  const std::vector<double> graph = natural_graph();
  const auto expected =
      matrix_numbers(MatrixView<double>(x, 8, 3), MatrixView<double>(graph, 8, 8));
  const auto rows = xt::adapt(x, std::array<std::size_t, 2>{8, 3});
  const xt::xtensor<double, 2> weights = xt::adapt(graph, std::array<std::size_t, 2>{8, 8});
  CHECK(matrix_numbers(rows, weights) == expected);
  const xt::xtensor<double, 2, xt::layout_type::column_major> columns = rows;
  CHECK(matrix_numbers(columns, xt::transpose(weights)) == expected);
  xt::xtensor<double, 3> layers =
      xt::zeros<double>({std::size_t{8}, std::size_t{2}, std::size_t{3}});
  xt::view(layers, xt::all(), 1, xt::all()) = rows;
  const auto layer = xt::view(layers, xt::all(), 1, xt::all());
  CHECK(matrix_numbers(layer, weights) == expected);
  CHECK(phiscope::rows_of(layer).copy.empty());
  CHECK_THROWS_AS(phiscope::trace_covariance(layers), std::invalid_argument);
}
