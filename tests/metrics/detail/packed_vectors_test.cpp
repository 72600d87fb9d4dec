// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/detail/packed_vectors.hpp>

#include <cmath>
#include <cstddef>
#include <limits>

using phiscope::detail::PackedVectors;
using phiscope::test::random_rows;

namespace {

template <class T>
using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class T>
Rows<T> some_rows(std::uint64_t seed, Eigen::Index rows, Eigen::Index units) {
  const auto x =
      random_rows<T>(seed, static_cast<std::size_t>(rows), static_cast<std::size_t>(units));
  return Eigen::Map<const Rows<T>>(x.values.data(), rows, units);
}

}  // namespace

TEMPLATE_TEST_CASE("products of rows and vectors are sums over the units", "[packed_vectors]",
                   float, double) {
  const Eigen::Index units = GENERATE(1, 7, 64, 129, 300);
  const Eigen::Index rows = GENERATE(1, 5, 48, 101);
  const Eigen::Index count = GENERATE(1, 4, 9);
  CAPTURE(units, rows, count);
  const Rows<TestType> left = some_rows<TestType>(1, rows, units);
  const Rows<TestType> right = some_rows<TestType>(2, count, units);
  PackedVectors<TestType> vectors(right.transpose());
  typename PackedVectors<TestType>::Matrix products;
  const Eigen::Index wanted = count == 9 ? 6 : count;
  vectors.times(left, static_cast<std::size_t>(wanted), products);
  REQUIRE(products.rows() == rows);
  REQUIRE(products.cols() == wanted);
  const double rounding = 4.0 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
  bool is_near = true;
  for (Eigen::Index i = 0; i < rows; ++i) {
    for (Eigen::Index v = 0; v < wanted; ++v) {
      long double sum = 0.0L;
      long double size = 0.0L;
      for (Eigen::Index u = 0; u < units; ++u) {
        const long double term = static_cast<long double>(left(i, u)) * right(v, u);
        sum += term;
        size += std::fabs(term);
      }
      is_near = is_near && std::fabs(static_cast<double>(products(i, v) - sum)) <=
                               rounding * static_cast<double>(size);
    }
  }
  CHECK(is_near);
}

TEMPLATE_TEST_CASE("a product does not depend on the rows and vectors beside it",
                   "[packed_vectors]", float, double) {
  const Rows<TestType> left = some_rows<TestType>(3, 113, 260);
  const Rows<TestType> right = some_rows<TestType>(4, 7, 260);
  typename PackedVectors<TestType>::Matrix all;
  PackedVectors<TestType>(right.transpose()).times(left, 7, all);
  typename PackedVectors<TestType>::Matrix one;
  bool is_same = true;
  for (Eigen::Index v = 0; v < 7; ++v) {
    PackedVectors<TestType> alone(right.row(v).transpose());
    for (Eigen::Index i = 0; i < left.rows(); i += 7) {
      alone.times(left.middleRows(i, 1), 1, one);
      is_same = is_same && one(0, 0) == all(i, v);
    }
  }
  CHECK(is_same);
}
