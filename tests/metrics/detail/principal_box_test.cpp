// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "cluster_cases.hpp"
#include "random_rows.hpp"

#include <phiscope/detail/principal_box.hpp>

#include <algorithm>
#include <cmath>

using phiscope::MatrixView;
using phiscope::detail::principal_box;
using phiscope::detail::PrincipalBox;

TEST_CASE("the box is that of NumPy's singular vectors", "[principal_box]") {
  for (const auto& one : phiscope::test::cluster_cases()) {
    const PrincipalBox box = principal_box(one.view());
    auto expected = one.expected.at("extents").get<std::vector<double>>();
    REQUIRE(box.low.size() == expected.size());
    std::vector<double> found;
    for (std::size_t a = 0; a < box.low.size(); ++a) found.push_back(box.high[a] - box.low[a]);
    std::ranges::sort(found, std::greater<>{});
    for (std::size_t a = 0; a < found.size(); ++a) CHECK(found[a] == Approx(expected[a]));
  }
}

TEST_CASE("axes without extent are left out", "[principal_box]") {
  // On a line through (1, 2): from -2 to 2 of sqrt 5.
  const std::vector<float> line{1, 2, 2, 4, 3, 6, 4, 8, 5, 10};
  const PrincipalBox box = principal_box(MatrixView<float>(line, 5, 2));
  REQUIRE(box.low.size() == 1);
  CHECK(box.high[0] == Approx(2 * std::sqrt(5.0)));
  CHECK(box.low[0] == Approx(-2 * std::sqrt(5.0)));
  CHECK(principal_box(MatrixView<float>(std::vector<float>(6, 0.1F), 3, 2)).low.empty());
  CHECK(principal_box(MatrixView<float>({}, 0, 2)).low.empty());
  const PrincipalBox broken = principal_box(MatrixView<float>(std::vector<float>{1, NAN}, 2, 1));
  CHECK_FALSE(broken.finite);
}

TEST_CASE("rows are drawn uniformly from the box", "[principal_box]") {
  const PrincipalBox box{.low = {-1.0, 5.0}, .high = {3.0, 5.5}};
  std::mt19937_64 engine(2);
  const std::vector<double> drawn = box.uniform(20'000, engine);
  REQUIRE(drawn.size() == 40'000);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    double sum = 0.0;
    double squares = 0.0;
    double least = INFINITY;
    double most = -INFINITY;
    for (std::size_t i = 0; i < 20'000; ++i) {
      const double unit = (drawn[2 * i + axis] - box.low[axis]) / (box.high[axis] - box.low[axis]);
      sum += unit;
      squares += unit * unit;
      least = std::min(least, unit);
      most = std::max(most, unit);
    }
    CHECK(sum / 20'000 == Approx(0.5).margin(0.01));
    CHECK(squares / 20'000 == Approx(1.0 / 3.0).margin(0.01));
    CHECK((least >= 0.0 && least < 0.001));
    CHECK((most <= 1.0 && most > 0.999));
  }
}
