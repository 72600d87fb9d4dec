// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "strided_rows.hpp"

#include <phiscope/mean_cosine.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::MatrixView;
using phiscope::mean_cosine;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_rows;

namespace {

template <class T>
double by_pairs(MatrixView<T> rows) {
  long double sum = 0.0L;
  long double pairs = 0.0L;
  for (std::size_t a = 0; a < rows.rows(); ++a) {
    for (std::size_t b = a + 1; b < rows.rows(); ++b) {
      long double ab = 0.0L, aa = 0.0L, bb = 0.0L;
      for (std::size_t j = 0; j < rows.cols(); ++j) {
        const long double x = rows.row(a)[j];
        const long double y = rows.row(b)[j];
        ab += x * y;
        aa += x * x;
        bb += y * y;
      }
      sum += ab / std::sqrt(aa * bb);
      pairs += 1.0L;
    }
  }
  return static_cast<double>(sum / pairs);
}

}  // namespace

TEST_CASE("the mean cosine of three directions", "[mean_cosine]") {
  const std::vector<double> values{3, 0, 0, 4, 0, 8};
  CHECK(mean_cosine(MatrixView<double>(values, 3, 2)).value() == Approx(1.0 / 3.0).epsilon(1e-15));
}

TEMPLATE_TEST_CASE("the mean cosine agrees with the mean over pairs", "[mean_cosine]", float,
                   double) {
  const auto seed = GENERATE(range(0U, 10U));
  const auto x = random_rows<TestType>(seed, 2 + seed, 21, 3.0, 0.4);
  CHECK(mean_cosine(x.view()).value() == Approx(by_pairs(x.view())).margin(1e-14));
  const phiscope::test::StridedRows<TestType> strided(x.view());
  CHECK(mean_cosine(strided.view()) == mean_cosine(x.view()));
}

TEST_CASE("the length of a row does not matter, its sign does", "[mean_cosine]") {
  auto x = random_rows(3, 6, 9);
  const double before = mean_cosine(x.view()).value();
  for (std::size_t j = 0; j < 9; ++j) x.values[2 * 9 + j] *= 1024.0;
  CHECK(mean_cosine(x.view()) == Value(before));
  const std::vector<double> opposite{1, 2, -1, -2};
  CHECK(mean_cosine(MatrixView<double>(opposite, 2, 2)).value() == Approx(-1.0).epsilon(1e-15));
  const std::vector<double> same{0.1, 0.2, 0.1, 0.2, 0.1, 0.2};
  CHECK(mean_cosine(MatrixView<double>(same, 3, 2)).value() == Approx(1.0).epsilon(1e-15));
}

TEST_CASE("rows in another order have the same mean cosine", "[mean_cosine]") {
  const auto x = random_rows(4, 5, 7);
  std::vector<double> reversed;
  for (std::size_t i = 5; i-- > 0;) {
    reversed.insert(reversed.end(), x.view().row(i).begin(), x.view().row(i).end());
  }
  CHECK(mean_cosine(MatrixView<double>(reversed, 5, 7)).value() ==
        Approx(mean_cosine(x.view()).value()).epsilon(1e-14));
}

TEST_CASE("the mean cosine needs two rows with a direction", "[mean_cosine]") {
  const std::vector<double> values{1, 2, 0, 0};
  CHECK(mean_cosine(MatrixView<double>({}, 0, 2)) == Value(Status::too_few_rows));
  CHECK(mean_cosine(MatrixView<double>(std::span(values).first(2), 1, 2)) ==
        Value(Status::too_few_rows));
  CHECK(mean_cosine(MatrixView<double>(values, 2, 2)) == Value(Status::zero_norm));
  const std::vector<double> broken{std::numeric_limits<double>::infinity(), 2, 0, 0, 1, 1};
  CHECK(mean_cosine(MatrixView<double>(broken, 3, 2)) == Value(Status::zero_norm));
  CHECK(mean_cosine(MatrixView<double>(std::span(broken).first(2), 2, 1)) ==
        Value(Status::nonfinite));
}
