// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "strided_rows.hpp"

#include <phiscope/covariance_spectrum.hpp>

#include <cmath>
#include <numeric>

using phiscope::scatter_matrix;
using phiscope::smaller_gram;
using phiscope::spectrum_shares;
using phiscope::test::random_rows;

TEMPLATE_TEST_CASE("the scatter matrix agrees with its definition", "[covariance_spectrum]", float,
                   double) {
  const std::size_t rows = GENERATE(as<std::size_t>{}, 1, 2, 63, 64, 65, 200);
  const auto x = random_rows<TestType>(rows, rows, 5, 2.0, 50.0);
  const Eigen::MatrixXd found = scatter_matrix(x.view());
  for (std::size_t a = 0; a < 5; ++a) {
    for (std::size_t b = 0; b < 5; ++b) {
      long double sum_a = 0.0L, sum_b = 0.0L, sum_ab = 0.0L;
      for (std::size_t i = 0; i < rows; ++i) {
        const long double xa = x.view().row(i)[a];
        const long double xb = x.view().row(i)[b];
        sum_a += xa;
        sum_b += xb;
        sum_ab += xa * xb;
      }
      const auto expected =
          static_cast<double>(sum_ab - sum_a * sum_b / static_cast<long double>(rows));
      CAPTURE(rows, a, b);
      CHECK(found(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b)) ==
            Approx(expected).margin(1e-10));
    }
  }
  CHECK(found == found.transpose());
  const phiscope::test::StridedRows<TestType> strided(x.view());
  CHECK(scatter_matrix(strided.view()) == found);
}

TEST_CASE("both matrices have the same nonzero eigenvalues", "[covariance_spectrum]") {
  const auto wide = random_rows(1, 5, 12);
  CHECK(smaller_gram(wide.view()).rows() == 5);
  const auto tall = random_rows(1, 12, 5);
  CHECK(smaller_gram(tall.view()).rows() == 5);
  const auto of_gram = spectrum_shares(smaller_gram(wide.view()));
  const auto of_scatter = spectrum_shares(scatter_matrix(wide.view()));
  REQUIRE(of_scatter.size() == 12);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(of_gram[i] == Approx(of_scatter[i + 7]).margin(1e-14));
  }
}

TEST_CASE("shares are sorted, not negative and sum to one", "[covariance_spectrum]") {
  const auto x = random_rows<float>(2, 6, 40, 1.0, 10.0);
  const auto shares = spectrum_shares(smaller_gram(x.view()));
  CHECK(std::is_sorted(shares.begin(), shares.end()));
  CHECK(shares.front() >= 0.0);
  CHECK(shares.front() == Approx(0.0).margin(1e-14));  // centring takes one dimension away
  CHECK(std::accumulate(shares.begin(), shares.end(), 0.0) == Approx(1.0).epsilon(1e-14));
}
