// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/detail/gram.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::centred_gram;
using phiscope::MatrixView;
using phiscope::test::random_rows;

TEST_CASE("the Gram matrix of three centred points", "[gram]") {
  const std::vector<double> values{0, 0, 3, 0, 0, 6};  // centre (1, 2)
  const Eigen::MatrixXd gram = centred_gram(MatrixView<double>(values, 3, 2));
  Eigen::MatrixXd expected(3, 3);
  expected << 5, 2, -7, 2, 8, -10, -7, -10, 17;
  CHECK((gram - expected).cwiseAbs().maxCoeff() < 1e-14);
}

TEST_CASE("the Gram matrix agrees with products of centred rows at every width", "[gram]") {
  const std::size_t units = GENERATE(as<std::size_t>{}, 1, 5, 63, 64, 65, 128, 200, 257, 600);
  CAPTURE(units);
  const auto x = random_rows<float>(units, 11, units, 4.0, 7.0);
  const Eigen::MatrixXd gram = centred_gram(x.view());
  for (std::size_t a = 0; a < 11; ++a) {
    for (std::size_t b = 0; b < 11; ++b) {
      long double sum = 0.0L;
      for (std::size_t j = 0; j < units; ++j) {
        long double mean = 0.0L;
        for (std::size_t i = 0; i < 11; ++i) mean += x.values[i * units + j] / 11.0L;
        sum += (x.values[a * units + j] - mean) * (x.values[b * units + j] - mean);
      }
      CHECK(gram(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b)) ==
            Approx(static_cast<double>(sum)).margin(1e-14 * 16.0 * static_cast<double>(units)));
    }
  }
}

TEST_CASE("the Gram matrix is symmetric to the bit, and its rows sum to nothing", "[gram]") {
  const auto x = random_rows<float>(1, 40, 300);
  const Eigen::MatrixXd gram = centred_gram(x.view());
  CHECK(gram == gram.transpose());
  CHECK(gram.rowwise().sum().cwiseAbs().maxCoeff() < 1e-11);
}

TEST_CASE("equal rows have a Gram matrix of exactly zero", "[gram]") {
  std::vector<double> values;
  for (int i = 0; i < 7; ++i) values.insert(values.end(), {0.1, -1e9, 1.0 / 3.0});
  CHECK(centred_gram(MatrixView<double>(values, 7, 3)).isZero(0.0));
}

TEST_CASE("a row that is not finite spoils its own row and column only", "[gram]") {
  const float bad =
      GENERATE(std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity());
  const std::size_t place = GENERATE(as<std::size_t>{}, 0, 2);
  auto x = random_rows<float>(2, 5, 70);
  x.values[place * 70 + 66] = bad;
  const Eigen::MatrixXd gram = centred_gram(x.view());
  for (Eigen::Index a = 0; a < 5; ++a) {
    for (Eigen::Index b = 0; b < 5; ++b) {
      const auto spoilt = static_cast<Eigen::Index>(place);
      CHECK(std::isfinite(gram(a, b)) == (a != spoilt && b != spoilt));
    }
  }
}

TEST_CASE("no rows have an empty Gram matrix", "[gram]") {
  const std::vector<double> none;
  CHECK(centred_gram(MatrixView<double>(none, 0, 3)).size() == 0);
}
