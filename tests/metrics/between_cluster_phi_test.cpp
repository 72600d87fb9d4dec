// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/between_cluster_phi.hpp>

#include <cmath>
#include <vector>

using phiscope::between_cluster_phi;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;

TEST_CASE("the variance of cluster centres weighs a word by its occurrences",
          "[between_cluster_phi]") {
  // Cluster 0: 0, 0, 6 (mean 2); cluster 1: 10. Centres 2 and 10, their mean 6, squares 16 and 16.
  const std::vector<double> values{0, 0, 6, 10};
  const std::vector<std::int64_t> clusters{0, 0, 0, 1};
  CHECK(between_cluster_phi(MatrixView<double>(values, 4, 1), clusters) == Value(16.0));
}

TEST_CASE("between_cluster_phi is the mean over pairs of centres, in other words",
          "[between_cluster_phi]") {
  const auto seed = GENERATE(range(0U, 10U));
  const auto x = phiscope::test::random_rows<float>(seed, 9, 6, 5.0, 1.0);
  const std::vector<std::int64_t> clusters{0, 1, 2, 0, 1, 2, 0, 1, 2};
  double sum = 0.0;  // 1 / K^2 * sum over pairs a < b of |mu_a - mu_b|^2
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = a + 1; b < 3; ++b) {
      for (std::size_t j = 0; j < 6; ++j) {
        double gap = 0.0;
        for (std::size_t k = 0; k < 3; ++k) {
          gap += (double{x.view().row(a + 3 * k)[j]} - double{x.view().row(b + 3 * k)[j]}) / 3.0;
        }
        sum += gap * gap;
      }
    }
  }
  CHECK(between_cluster_phi(x.view(), clusters).value() == Approx(sum / 9.0).epsilon(1e-12));
}

TEST_CASE("one cluster has no variance between clusters", "[between_cluster_phi]") {
  const auto x = phiscope::test::random_rows(1, 3, 4);
  CHECK(between_cluster_phi(x.view(), std::vector<std::int64_t>{5, 5, 5}) == Value(0.0));
}

TEST_CASE("between_cluster_phi of nothing or of NaN is undefined", "[between_cluster_phi]") {
  std::vector<double> values;
  CHECK(between_cluster_phi(MatrixView<double>(values, 0, 4), {}) == Value(Status::too_few_rows));
  values = {1, std::nan("")};
  CHECK(between_cluster_phi(MatrixView<double>(values, 2, 1), std::vector<std::int64_t>{0, 1}) ==
        Value(Status::nonfinite));
  CHECK_THROWS_AS(
      between_cluster_phi(MatrixView<double>(values, 2, 1), std::vector<std::int64_t>{0}),
      std::invalid_argument);
}
