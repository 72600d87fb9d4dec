// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/arrays.hpp>

#include <Eigen/Core>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

using phiscope::MatrixView;
using phiscope::RealMatrix;
using phiscope::RealSeries;
using phiscope::rows_of;
using phiscope::series_of;

namespace {

using RowMajorMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The numbers of a matrix row by row.
template <class A>
std::vector<double> row_numbers(const A& array) {
  const auto rows = rows_of(array);
  std::vector<double> result;
  for (std::size_t i = 0; i < rows.view.rows(); ++i) {
    result.insert(result.end(), rows.view.row(i).begin(), rows.view.row(i).end());
  }
  return result;
}

template <class A>
std::vector<double> series_elements(const A& array) {
  const auto found = series_of(array);
  return {found.span.begin(), found.span.end()};
}

}  // namespace

TEST_CASE("what has the wrong axes or elements is no series and no matrix", "[arrays]") {
  STATIC_REQUIRE_FALSE(RealSeries<double>);
  STATIC_REQUIRE_FALSE(RealSeries<std::vector<int>>);
  STATIC_REQUIRE_FALSE(RealSeries<Eigen::MatrixXd>);
  STATIC_REQUIRE_FALSE(RealSeries<MatrixView<double>>);
  STATIC_REQUIRE_FALSE(RealMatrix<std::vector<double>>);
  STATIC_REQUIRE_FALSE(RealMatrix<Eigen::MatrixXi>);
}

TEST_CASE("a row-major matrix and its blocks are viewed in place", "[arrays]") {
  RowMajorMatrix x(2, 3);
  x << 1, 2, 3, 4, 5, 6;
  CHECK(rows_of(x).view.row(1).data() == x.data() + 3);
  CHECK(rows_of(x).copy.empty());
  const auto block = rows_of(x.block(0, 1, 2, 2));
  CHECK(block.view.row(1).data() == x.data() + 4);
  CHECK(block.view.row_stride() == 3);
  CHECK(block.copy.empty());
  const Eigen::MatrixXd columns = x.transpose();  // [unit, row]
  CHECK(rows_of(columns.transpose()).view.row(0).data() == columns.data());
  CHECK(rows_of(Eigen::Map<const RowMajorMatrix>(x.data(), 3, 2)).copy.empty());
  const MatrixView<double> view(std::span<const double>(x.data(), 6), 2, 3);
  CHECK(rows_of(view).view.row(0).data() == x.data());
}

TEST_CASE("a column-major matrix and an expression are copied", "[arrays]") {
  Eigen::MatrixXd x(2, 3);
  x << 1, 2, 3, 4, 5, 6;
  CHECK(rows_of(x).copy.size() == 6);
  CHECK(row_numbers(x) == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(row_numbers(x.block(0, 1, 2, 2)) == std::vector<double>{2, 3, 5, 6});
  CHECK(row_numbers(2 * x) == std::vector<double>{2, 4, 6, 8, 10, 12});
  const RowMajorMatrix y = x;
  CHECK(row_numbers(y + y) == std::vector<double>{2, 4, 6, 8, 10, 12});
  CHECK(row_numbers(x.rowwise().reverse()) == std::vector<double>{3, 2, 1, 6, 5, 4});
  CHECK(rows_of(Eigen::MatrixXd(0, 4)).view.cols() == 4);
  CHECK(rows_of(Eigen::MatrixXd(3, 0)).view.rows() == 3);
}

TEST_CASE("containers, spans and Eigen's vectors are series in place", "[arrays]") {
  std::vector<float> vector{1, 2, 3};
  CHECK(series_of(vector).span.data() == vector.data());
  CHECK(series_of(std::span<float>(vector)).span.data() == vector.data());
  const std::array<double, 2> array{3, 4};
  CHECK(series_of(array).span.data() == array.data());
  Eigen::MatrixXd x(2, 3);
  x << 1, 2, 3, 4, 5, 6;
  CHECK(series_of(x.col(1)).span.data() == x.data() + 2);
  CHECK(series_of(x.col(1)).copy.empty());
  CHECK(series_elements(x.row(1)) == std::vector<double>{4, 5, 6});
  CHECK(series_elements(x.col(0) * 2.0) == std::vector<double>{2, 8});
  CHECK(series_elements(x.row(0).reverse()) == std::vector<double>{3, 2, 1});
  CHECK(series_elements(Eigen::VectorXd(0)).empty());
}
