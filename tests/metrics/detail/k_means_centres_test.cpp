// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "random_rows.hpp"

#include <phiscope/detail/k_means_centres.hpp>

using phiscope::detail::CentredRows;
using phiscope::detail::KMeansState;
using phiscope::detail::MovingCentres;
using phiscope::test::random_rows;

TEMPLATE_TEST_CASE("centres follow the rows that change their cluster", "[k_means_centres]", float,
                   double) {
  const auto x = random_rows<TestType>(1, 20, 5);
  const CentredRows<TestType> rows(x.view());
  KMeansState state({.rows = {0, 1, 2}, .nearest = std::vector<std::size_t>(20, 0)});
  for (std::size_t i = 0; i < 20; ++i) state.move(i, i % 3);
  MovingCentres<TestType> centres(rows);
  centres.sum_members(state, true);
  CHECK(centres.move(state.counts) == std::vector<double>{0, 0, 0});
  const auto before = centres.all();
  centres.transfer(4, 1, 2);
  state.move(4, 2);
  const std::vector<double> shifts = centres.move(state.counts);
  CHECK(shifts[0] == 0.0);
  MovingCentres<TestType> anew(rows);
  anew.sum_members(state, true);
  static_cast<void>(anew.move(state.counts));
  CHECK((anew.all() - centres.all()).norm() < 1e-6);
  for (std::size_t c = 0; c < 3; ++c) {
    const auto column = static_cast<Eigen::Index>(c);
    CHECK(shifts[c] == Approx((centres.all() - before).col(column).norm()).margin(1e-7));
    CHECK(static_cast<double>(centres.norm(c)) ==
          Approx(centres.all().col(column).squaredNorm()).epsilon(1e-6));
    double sum = 0.0;
    for (std::size_t i = 0; i < 20; ++i) {
      if (state.labels[i] == c) sum += static_cast<double>(rows.row(i)[3]);
    }
    CHECK(static_cast<double>(centres.of(c)[3]) ==
          Approx(sum / static_cast<double>(state.counts[c])).epsilon(1e-6));
  }
  const std::vector<std::size_t> two{2, 0};
  CHECK(centres.picked(two).col(0) == centres.all().col(2));
  CHECK(centres.picked(two).col(1) == centres.all().col(0));
}
