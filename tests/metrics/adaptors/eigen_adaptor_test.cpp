// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/adaptors/eigen.hpp>
#include <phiscope/trace_covariance.hpp>

using phiscope::matrix_view;
using phiscope::MatrixView;
using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

namespace {

template <class M>
concept Viewable = requires(M m) {
  matrix_view(std::forward<M>(m));
};

template <class M, class T>
void check_same(const M& matrix, MatrixView<T> view) {
  REQUIRE(view.rows() == static_cast<std::size_t>(matrix.rows()));
  REQUIRE(view.cols() == static_cast<std::size_t>(matrix.cols()));
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) {
      CHECK(&view.row(static_cast<std::size_t>(i))[static_cast<std::size_t>(j)] ==
            &matrix.coeffRef(i, j));
    }
  }
}

}  // namespace

TEST_CASE("a row-major matrix, its blocks and maps are viewed in place", "[eigen_adaptor]") {
  const RowMajor matrix = RowMajor::Random(5, 4);
  check_same(matrix, matrix_view(matrix));
  const auto block = matrix.block(1, 1, 3, 2);
  check_same(block, matrix_view(block));
  const auto one_row = matrix.middleRows(2, 1);
  check_same(one_row, matrix_view(one_row));
  const Eigen::Map<const RowMajor> map(matrix.data(), 2, 10);
  check_same(map, matrix_view(map));
  const Eigen::Array<double, 3, 2, Eigen::RowMajor> array = decltype(array)::Random();
  check_same(array, matrix_view(array));
  CHECK(matrix_view(RowMajor(matrix.topRows(0)).topRows(0)).rows() == 0);
}

TEST_CASE("a column-major matrix is viewed through its transpose", "[eigen_adaptor]") {
  const Eigen::MatrixXd columns = Eigen::MatrixXd::Random(6, 9);  // [unit, row]
  const auto transposed = columns.transpose();
  const auto view = matrix_view(transposed);
  CHECK(view.rows() == 9);
  CHECK(view.row(4)[2] == columns(2, 4));
  const Eigen::MatrixXd centred = columns.colwise() - columns.rowwise().mean();
  CHECK(phiscope::trace_covariance(view).value() ==
        Approx(centred.squaredNorm() / 8.0).epsilon(1e-13));
}

TEST_CASE("what cannot be viewed does not compile or is refused", "[eigen_adaptor]") {
  STATIC_REQUIRE(Viewable<RowMajor&>);
  STATIC_REQUIRE(Viewable<const RowMajor&>);
  STATIC_REQUIRE_FALSE(Viewable<RowMajor>);          // ends with the statement
  STATIC_REQUIRE_FALSE(Viewable<Eigen::MatrixXd&>);  // column-major
  using RowMajorInt = Eigen::Matrix<int, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  STATIC_REQUIRE_FALSE(Viewable<RowMajorInt&>);
  const std::vector<double> values(12, 1.0);
  using Strided =
      Eigen::Map<const Eigen::Matrix<double, 2, 3, Eigen::RowMajor>, 0, Eigen::Stride<6, 2>>;
  const Strided every_second(values.data());
  CHECK_THROWS_WITH(matrix_view(every_second), Contains("2 elements apart"));
}
