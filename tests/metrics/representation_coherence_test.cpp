// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/representation_coherence.hpp>

#include <cmath>
#include <vector>

using phiscope::MatrixView;
using phiscope::representation_coherence;
using phiscope::Status;
using phiscope::Value;

TEST_CASE("coherence rewards one direction in a cluster and opposite ones across",
          "[representation_coherence]") {
  const std::vector<double> values{1, 0, 2, 0, -3, 0};
  const MatrixView<double> rows(values, 3, 2);
  // (1 + 0.5 + 0.5) / 3
  CHECK(representation_coherence(rows, std::vector<std::int64_t>{0, 0, 1}).value() ==
        Approx(2.0 / 3.0).epsilon(1e-15));
  CHECK(representation_coherence(rows, std::vector<std::int64_t>{0, 1, 0}).value() ==
        Approx((-0.5 - 1.0 + 0.5) / 3.0).epsilon(1e-15));
}

TEST_CASE("coherence agrees with the plain double loop and ignores lengths",
          "[representation_coherence]") {
  const auto seed = GENERATE(range(0U, 10U));
  auto x = phiscope::test::random_rows<float>(seed, 9, 7);
  const auto clusters = phiscope::test::random_labels(seed, 9, 3);
  double sum = 0.0;
  for (std::size_t a = 0; a < 9; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      double ab = 0, aa = 0, bb = 0;
      for (std::size_t j = 0; j < 7; ++j) {
        const double p = x.view().row(a)[j];
        const double q = x.view().row(b)[j];
        ab += p * q;
        aa += p * p;
        bb += q * q;
      }
      sum += (clusters[a] == clusters[b] ? 1.0 : -0.5) * ab / std::sqrt(aa * bb);
    }
  }
  const double found = representation_coherence(x.view(), clusters).value();
  CHECK(found == Approx(sum / 36.0).margin(1e-14));
  CHECK(std::abs(found) <= 1.0);
  for (std::size_t j = 0; j < 7; ++j) x.values[j] *= 1024.0F;
  CHECK(representation_coherence(x.view(), clusters).value() == Approx(found).margin(1e-14));
}

TEST_CASE("coherence needs two rows that have a direction", "[representation_coherence]") {
  std::vector<double> values{1, 1, 0, 0};
  const std::vector<std::int64_t> clusters{0, 1};
  CHECK(representation_coherence(MatrixView<double>(values, 2, 2), clusters) ==
        Value(Status::zero_norm));
  values[2] = std::nan("");
  CHECK(representation_coherence(MatrixView<double>(values, 2, 2), clusters) ==
        Value(Status::nonfinite));
  CHECK(representation_coherence(MatrixView<double>(values, 1, 4), std::vector<std::int64_t>{0}) ==
        Value(Status::too_few_rows));
  CHECK_THROWS_WITH(representation_coherence(MatrixView<double>(values, 1, 4), clusters),
                    Contains("2 clusters, expected 1"));
}
