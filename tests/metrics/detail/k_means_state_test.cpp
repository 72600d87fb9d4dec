// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "strided_rows.hpp"

#include <phiscope/detail/k_means_state.hpp>

#include <limits>

using phiscope::MatrixView;
using phiscope::detail::CentredRows;
using phiscope::detail::KMeansState;
using phiscope::test::random_rows;

TEMPLATE_TEST_CASE("rows lose their mean and keep their distances", "[k_means_state]", float,
                   double) {
  // Also where squares overflow float, or vanish.
  const double scale = GENERATE(1.0, 1e25, 1e-25);
  const auto x = random_rows<TestType>(1, 9, 5, scale, 3.0 * scale);
  const phiscope::test::StridedRows<TestType> strided(x.view());
  const CentredRows<TestType> centred(strided.view());
  REQUIRE(centred.finite);
  const double shrunk = phiscope::distance(centred.row(0), centred.row(1)) /
                        phiscope::distance(x.view().row(0), x.view().row(1));
  for (std::size_t a = 0; a < 9; ++a) {
    CHECK(centred.norms[a] == phiscope::dot(centred.row(a), centred.row(a)));
    CHECK(std::isfinite(static_cast<TestType>(centred.norms[a])));
    for (std::size_t b = 0; b < 9; ++b) {
      const double expected = phiscope::distance(x.view().row(a), x.view().row(b)) * shrunk;
      CHECK(phiscope::distance(centred.row(a), centred.row(b)) ==
            Approx(expected).epsilon(1e-5).margin(1e-30));
      const double product = phiscope::dot(centred.row(a), centred.row(b));
      CHECK(std::sqrt(centred.squared_distance_from_product(a, b, product)) ==
            Approx(expected).epsilon(1e-5).margin(1e-30));
    }
  }
  for (std::size_t j = 0; j < 5; ++j) {
    double sum = 0.0;
    for (std::size_t i = 0; i < 9; ++i) sum += static_cast<double>(centred.row(i)[j]);
    CHECK(std::abs(sum) < 1e-5 * std::sqrt(centred.norms[0]) * 9.0);
  }
}

TEST_CASE("equal rows are at distance zero whatever the product was rounded to",
          "[k_means_state]") {
  const std::vector<float> values{1, 2, 1, 2, 5, 0};
  const CentredRows<float> centred(MatrixView<float>(values, 3, 2));
  CHECK(centred.squared_distance_from_product(0, 1, centred.norms[0] * (1.0 + 1e-7)) == 0.0);
}

TEST_CASE("a row that is not finite is seen", "[k_means_state]") {
  std::vector<double> values{1, 2, 3, 4};
  values[3] = std::numeric_limits<double>::infinity();
  CHECK_FALSE(CentredRows<double>(MatrixView<double>(values, 2, 2)).finite);
  values[3] = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(CentredRows<double>(MatrixView<double>(values, 2, 2)).finite);
}

TEST_CASE("an empty cluster takes the farthest row that is not alone", "[k_means_state]") {
  KMeansState state({.rows = {0, 1, 2, 3}, .nearest = {0, 0, 0, 1, 1}});
  CHECK(state.counts == std::vector<std::size_t>{3, 2, 0, 0});
  CHECK(state.has_empty());
  // Row 4 is farthest; then row 3 is alone, and of the equal rows 1 and 2 the first goes.
  CHECK(state.refill_empty({1.0, 4.0, 4.0, 5.0, 6.0}) == 2);
  CHECK(state.labels == std::vector<std::size_t>{0, 3, 0, 1, 2});
  CHECK(state.counts == std::vector<std::size_t>{2, 1, 1, 1});
  CHECK_FALSE(state.has_empty());
}
