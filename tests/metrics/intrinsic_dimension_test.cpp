// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"
#include "sanitized.hpp"

#include <phiscope/intrinsic_dimension.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using phiscope::intrinsic_dimension;
using phiscope::MatrixView;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_rows;

TEST_CASE("TwoNN finds the dimension of a cube in a larger space", "[intrinsic_dimension]") {
  const std::size_t dimension = GENERATE(as<std::size_t>{}, 1, 2, 4);
  if (phiscope::test::sanitized && dimension != 2) return;
  const auto cube = random_rows(1, 1500, dimension);
  phiscope::test::Rows<double> x{{}, 1500, 6};
  for (std::size_t i = 0; i < 1500; ++i) {
    for (std::size_t j = 0; j < 6; ++j) x.values.push_back(cube.view().row(i)[j % dimension]);
  }
  CHECK(intrinsic_dimension(x.view()).value() ==
        Approx(static_cast<double>(dimension)).epsilon(0.1));
}

TEST_CASE("TwoNN agrees with sorting all distances", "[intrinsic_dimension]") {
  const auto seed = GENERATE(range(0U, 10U));
  const auto x = random_rows<float>(seed, 25, 4);
  double logs = 0.0;
  for (std::size_t i = 0; i < 25; ++i) {
    std::vector<double> distances;
    for (std::size_t j = 0; j < 25; ++j) {
      double squares = 0.0;
      for (std::size_t k = 0; k < 4; ++k) {
        squares += std::pow(double{x.view().row(i)[k]} - double{x.view().row(j)[k]}, 2);
      }
      if (j != i) distances.push_back(std::sqrt(squares));
    }
    std::sort(distances.begin(), distances.end());
    logs += std::log(distances[1] / distances[0]);
  }
  CHECK(intrinsic_dimension(x.view()).value() == Approx(25.0 / logs).epsilon(1e-12));
}

TEST_CASE("duplicates are left out, the rest still counts", "[intrinsic_dimension]") {
  auto x = random_rows(3, 14, 4);
  std::copy_n(x.values.begin(), 4, x.values.begin() + 4);  // row 1 = row 0
  const Value found = intrinsic_dimension(x.view());
  CHECK(found.ok());
  CHECK(found.value() > 0.0);
}

TEST_CASE("TwoNN is undefined for few, equal or broken rows", "[intrinsic_dimension]") {
  CHECK(intrinsic_dimension(random_rows(1, 9, 3).view()) == Value(Status::too_few_rows));
  const std::vector<double> equal(12 * 3, 1.0);
  CHECK(intrinsic_dimension(MatrixView<double>(equal, 12, 3)) == Value(Status::too_few_rows));
  std::vector<double> grid;
  for (int i = 0; i < 12; ++i) grid.push_back(std::floor(i / 2.0) * 10 + i % 2);
  // Pairs one apart, the next 9 away: defined. The corners of a simplex are not: r2 = r1.
  CHECK(intrinsic_dimension(MatrixView<double>(grid, 12, 1)).ok());
  std::vector<double> corners(12 * 12, 0.0);
  for (std::size_t i = 0; i < 12; ++i) corners[i * 13] = 1.0;
  CHECK(intrinsic_dimension(MatrixView<double>(corners, 12, 12)) == Value(Status::constant));
  auto broken = random_rows(1, 12, 3);
  broken.values[7] = std::nan("");
  CHECK(intrinsic_dimension(broken.view()) == Value(Status::nonfinite));
}
