// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/adaptors/xtensor.hpp>
#include <phiscope/trace_covariance.hpp>

#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

using phiscope::matrix_view;

namespace {

template <class A>
concept XtensorViewable = requires(A a) {
  matrix_view(std::forward<A>(a));
};

template <class A>
void check_same(const A& array) {
  const auto view = matrix_view(array);
  REQUIRE(view.rows() == array.shape()[0]);
  REQUIRE(view.cols() == array.shape()[1]);
  for (std::size_t i = 0; i < view.rows(); ++i) {
    for (std::size_t j = 0; j < view.cols(); ++j) CHECK(&view.row(i)[j] == &array(i, j));
  }
}

}  // namespace

TEST_CASE("containers, adaptors and views are viewed in place", "[xtensor_adaptor]") {
  const xt::xtensor<float, 2> tensor{{1, 2, 3}, {4, 5, 6}, {7, 8, 10}};
  check_same(tensor);
  check_same(xt::xarray<double>(xt::xarray<double>{{1, 2}, {3, 4}}));
  const xt::xtensor<double, 2> one_row{{1, 2, 3}};
  check_same(one_row);
  const xt::xtensor<double, 2> one_unit{{1}, {2}, {3}};
  check_same(one_unit);
  const std::vector<double> values{1, 2, 3, 4, 5, 6};
  const auto adapted = xt::adapt(values, std::vector<std::size_t>{3, 2});
  check_same(adapted);
  const auto some_rows = xt::view(tensor, xt::range(1, 3), xt::range(0, 2));
  check_same(some_rows);
  const xt::xtensor<float, 3> layers = xt::arange<float>(24).reshape({4, 3, 2});
  const auto layer = xt::view(layers, xt::all(), 1, xt::all());  // [row, layer, unit]: one layer
  check_same(layer);
  CHECK(phiscope::trace_covariance(matrix_view(layer)).value() == 2.0 * 36.0 * 5.0 / 3.0);
}

TEST_CASE("what of xtensor cannot be viewed does not compile or is refused", "[xtensor_adaptor]") {
  STATIC_REQUIRE(XtensorViewable<xt::xtensor<float, 2>&>);
  STATIC_REQUIRE(XtensorViewable<const xt::xarray<double>&>);
  STATIC_REQUIRE_FALSE(XtensorViewable<xt::xtensor<float, 2>>);  // ends with the statement
  STATIC_REQUIRE_FALSE(XtensorViewable<xt::xtensor<int, 2>&>);
  const xt::xarray<double> cube = xt::zeros<double>({2, 2, 2});
  CHECK_THROWS_WITH(matrix_view(cube), Contains("3 axes"));
  const xt::xtensor<double, 2, xt::layout_type::column_major> columns = xt::ones<double>({3, 2});
  CHECK_THROWS_WITH(matrix_view(columns), Contains("3 elements apart"));
  const xt::xtensor<double, 2> wide = xt::ones<double>({3, 4});
  const auto every_second = xt::view(wide, xt::all(), xt::range(0, 4, 2));
  CHECK_THROWS_WITH(matrix_view(every_second), Contains("2 elements apart"));
}
