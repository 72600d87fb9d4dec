// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/detail/k_means_products.hpp>

using phiscope::detail::EightVectors;
using phiscope::detail::NearestTwo;
using phiscope::test::random_rows;

namespace {

template <class T>
Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> matrix(std::uint64_t seed, Eigen::Index rows,
                                                        Eigen::Index cols) {
  const auto x =
      random_rows<T>(seed, static_cast<std::size_t>(rows), static_cast<std::size_t>(cols));
  return Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>>(x.values.data(), rows,
                                                                            cols);
}

}  // namespace

TEMPLATE_TEST_CASE("products of eight vectors agree with sums over the units", "[k_means_products]",
                   float, double) {
  const Eigen::Index units = GENERATE(1, 7, 8, 63, 64, 65, 200);
  const Eigen::Index vectors = GENERATE(1, 3, 8);
  CAPTURE(units, vectors);
  const Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> left =
      matrix<TestType>(1, 5, units);
  const auto right = matrix<TestType>(2, units, vectors);
  const EightVectors<TestType> eight(right);
  for (Eigen::Index i = 0; i < 5; ++i) {
    const auto found = eight.with({left.row(i).data(), static_cast<std::size_t>(units)});
    for (Eigen::Index v = 0; v < vectors; ++v) {
      long double sum = 0.0L;
      for (Eigen::Index j = 0; j < units; ++j)
        sum += static_cast<long double>(left(i, j)) * right(j, v);
      const double margin = 40.0 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
      CHECK(static_cast<double>(found[static_cast<std::size_t>(v)]) ==
            Approx(static_cast<double>(sum)).margin(margin));
    }
    for (std::size_t v = static_cast<std::size_t>(vectors); v < 8; ++v) CHECK(found[v] == 0);
  }
}

TEST_CASE("the two nearest, and the lower of equal ones", "[k_means_products]") {
  Eigen::MatrixXd products(2, 3);
  products << 1, 2, 0,  // scores 9 - 2, 9 - 4, 4 - 0
      0, 1, -1.5;       // scores 9, 7, 7
  const std::vector<double> lengths{9, 9, 4};
  NearestTwo<double> nearest;
  nearest.find(products, [&](std::size_t c) { return lengths[c]; });
  CHECK(nearest.label[0] == 2);
  CHECK(nearest.best[0] == 4.0);
  CHECK(nearest.second[0] == 5.0);
  CHECK(nearest.label[1] == 1);
  CHECK(nearest.best[1] == 7.0);
  CHECK(nearest.second[1] == 7.0);
  const Eigen::MatrixXd one = products.leftCols(1);
  nearest.find(one, [&](std::size_t c) { return lengths[c]; });
  CHECK(nearest.label[0] == 0);
  CHECK(std::isinf(nearest.second[0]));
}
