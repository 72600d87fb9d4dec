// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/phi_ratio.hpp>

#include <cmath>
#include <limits>
#include <vector>

using phiscope::MatrixView;
using phiscope::PairSet;
using phiscope::phi_floor;
using phiscope::phi_ratio;
using phiscope::PhiFloor;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::random_rows;

TEST_CASE("phi_ratio is cross / within away from the floors", "[phi_ratio]") {
  CHECK(phi_ratio(3.0, 2.0) == Value(1.5));
  CHECK(phi_ratio(1.0, 1e-3) == Value(1000.0));
}

TEST_CASE("phi_ratio never exceeds 1 / relative_floor", "[phi_ratio]") {
  for (const double within : {0.0, 1e-300, 1e-12, 1e-6, 0.999e-3}) {
    CHECK(phi_ratio(1.0, within).value() == Approx(1000.0).epsilon(1e-15));
    CHECK(phi_ratio(1.0, within, {.relative_floor = 0.1}).value() == Approx(10.0).epsilon(1e-15));
  }
}

TEST_CASE("phi_ratio of vanishing distances goes to zero by the absolute floor", "[phi_ratio]") {
  CHECK(phi_ratio(1e-12, 0.0).value() == Approx(1e-2).epsilon(1e-15));
  CHECK(phi_ratio(1e-12, 0.0, {.absolute_floor = 1e-13}).value() == Approx(10.0).epsilon(1e-15));
}

TEST_CASE("phi_ratio of equal rows is constant, whatever the floors", "[phi_ratio]") {
  CHECK(phi_ratio(0.0, 0.0) == Value(Status::constant));
  CHECK(phi_ratio(0.0, 0.0, {.absolute_floor = 1.0}) == Value(Status::constant));
  CHECK(phi_ratio(0.0, 1.0) == Value(0.0));
}

TEST_CASE("phi_floor names what phi_ratio divides by", "[phi_ratio]") {
  CHECK(phi_floor(3.0, 2.0) == PhiFloor::none);
  CHECK(phi_floor(1.0, 1e-3) == PhiFloor::none);  // the bound is reached by the distance itself
  CHECK(phi_floor(1.0, 0.999e-3) == PhiFloor::relative);
  CHECK(phi_floor(1.0, 0.0) == PhiFloor::relative);
  CHECK(phi_floor(8.7e-12, 5e-12) == PhiFloor::absolute);  // a ratio of 1.74 that reads 0.087
  CHECK(phi_ratio(8.7e-12, 5e-12).value() == Approx(0.087).epsilon(1e-15));
  CHECK(phi_floor(8.7e-12, 5e-12, {.absolute_floor = 1e-13}) == PhiFloor::none);
  CHECK(phi_floor(0.0, 1e-11) == PhiFloor::absolute);
  CHECK(phi_floor(0.0, 0.0) == PhiFloor::none);  // undefined
  CHECK(phi_floor(Status::no_cross_pairs, 1e-11) == PhiFloor::none);
}

TEST_CASE("phi_ratio does not depend on the unit of length", "[phi_ratio]") {
  const double scale = GENERATE(1e-3, 1.0, 1e3);
  CHECK(phi_ratio(3.0 * scale, 2.0 * scale).value() == Approx(1.5).epsilon(1e-15));
}

TEST_CASE("phi_ratio is undefined when a mean is, the cross pairs named first", "[phi_ratio]") {
  CHECK(phi_ratio(Status::no_cross_pairs, 1.0) == Value(Status::no_cross_pairs));
  CHECK(phi_ratio(1.0, Status::no_within_pairs) == Value(Status::no_within_pairs));
  CHECK(phi_ratio(Status::no_cross_pairs, Status::no_within_pairs) ==
        Value(Status::no_cross_pairs));
  CHECK(phi_ratio(Status::nonfinite, Status::no_within_pairs) == Value(Status::no_within_pairs));
  CHECK(phi_ratio(std::nan(""), 1.0) == Value(Status::nonfinite));
}

TEST_CASE("phi_ratio refuses negative distances and floors that do not bound", "[phi_ratio]") {
  CHECK_THROWS_AS(phi_ratio(-1.0, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(phi_ratio(1.0, -1.0), std::invalid_argument);
  CHECK_THROWS_AS(phi_ratio(1.0, 1.0, {.relative_floor = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(phi_ratio(1.0, 1.0, {.absolute_floor = 0.0}), std::invalid_argument);
}

TEST_CASE("cross and within distances of three points on a line", "[phi_ratio]") {
  const std::vector<float> values{0, 3, 7};
  const MatrixView<float> rows(values, 3, 1);
  const PairSet pairs{.cross = {{0, 2}, {1, 2}}, .within = {{0, 1}}};
  CHECK(phiscope::cross_distance(rows, pairs) == Value(5.5));
  CHECK(phiscope::within_distance(rows, pairs) == Value(3.0));
}

TEST_CASE("distances agree with the plain loop over pairs", "[phi_ratio]") {
  const auto seed = GENERATE(range(0U, 20U));
  CAPTURE(seed);
  const auto x = random_rows<float>(seed, 12, 50, 30.0, 5.0);
  const PairSet pairs =
      phiscope::pair_set(phiscope::test::first_words(12), phiscope::test::twelve_words());
  double sum = 0.0;
  for (const auto& [a, b] : pairs.cross) {
    double squares = 0.0;
    for (std::size_t j = 0; j < 50; ++j) {
      const double d = double{x.view().row(a)[j]} - double{x.view().row(b)[j]};
      squares += std::pow(d, 2);
    }
    sum += std::sqrt(squares);
  }
  CHECK(phiscope::cross_distance(x.view(), pairs).value() == Approx(sum / 12.0).epsilon(1e-14));
}

TEST_CASE("a distance without pairs says which pairs are missing", "[phi_ratio]") {
  const auto x = random_rows(0, 3, 4);
  CHECK(phiscope::cross_distance(x.view(), {}) == Value(Status::no_cross_pairs));
  CHECK(phiscope::within_distance(x.view(), {}) == Value(Status::no_within_pairs));
}

TEST_CASE("a distance with a row that is not finite is nonfinite, others are not", "[phi_ratio]") {
  auto x = random_rows(0, 3, 4);
  x.values[9] = std::numeric_limits<double>::infinity();  // row 2
  CHECK(phiscope::cross_distance(x.view(), {.cross = {{0, 2}}, .within = {}}) ==
        Value(Status::nonfinite));
  CHECK(phiscope::cross_distance(x.view(), {.cross = {{0, 1}}, .within = {}}).ok());
}
