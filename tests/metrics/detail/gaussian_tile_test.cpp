// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/detail/gaussian_tile.hpp>

#include <vector>

using phiscope::MatrixView;
using phiscope::PairBlock;
using phiscope::PhiidOutput;
using phiscope::PhiidTile;

TEST_CASE("a tile adds up the recordings it is given", "[gaussian_tile]") {
  const auto values = phiscope::test::coupled_series(1, 90, 8);
  const std::span<const double> all(values);
  const MatrixView<double> first(all.first(240), 30, 8);
  const MatrixView<double> second(all.subspan(240), 60, 8);
  const PairBlock block{.first_i = 1, .count_i = 3, .first_j = 4, .count_j = 4};
  PhiidTile tile(block, PhiidOutput::sts_rtr);
  phiscope::detail::GaussianTile<double> worker({}, PhiidOutput::sts_rtr);
  for (const auto& view : {first, second}) {
    const auto data = phiscope::lagged_rows<double>(std::span(&view, 1), 1);
    worker.add(data, phiscope::detail::lagged_moments(data), tile);
  }
  tile.divide();
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      const auto x = phiscope::test::column_of(values, 8, 1 + i);
      const auto y = phiscope::test::column_of(values, 8, 4 + j);
      const std::span<const double> u(x), v(y);
      const auto a = phiscope::gaussian_phiid<double>(u.first(30), v.first(30));
      const auto b = phiscope::gaussian_phiid<double>(u.subspan(30), v.subspan(30));
      CHECK(tile.n_ok(i, j) == 2);
      CHECK(tile.value(0, i, j) == Approx((a.atoms[15] + b.atoms[15]) / 2).margin(1e-13));
      CHECK(tile.value(1, i, j) == Approx((a.atoms[0] + b.atoms[0]) / 2).margin(1e-13));
    }
  }
}

TEST_CASE("pairs that no shortcut can judge are judged one by one", "[gaussian_tile]") {
  auto values = phiscope::test::coupled_series(2, 300, 3);
  for (std::size_t t = 0; t < 300; ++t) {  // eigenvalue ratio about 1e-9: regular, barely
    values[t * 3 + 1] = values[t * 3] + 1e-4 * values[t * 3 + 2];
  }
  const MatrixView<double> view(values, 300, 3);
  const auto data = phiscope::lagged_rows<double>(std::span(&view, 1), 1);
  const auto moments = phiscope::detail::lagged_moments(data);
  const PairBlock block{.first_i = 0, .count_i = 3, .first_j = 0, .count_j = 3};
  for (const double ratio : {2.2e-10, 1e-6}) {
    PhiidTile tile(block, PhiidOutput::sts_rtr);
    phiscope::detail::GaussianTile<double> worker({.singular_ratio = ratio}, PhiidOutput::sts_rtr);
    worker.add(data, moments, tile);
    tile.divide();
    const auto one = phiscope::gaussian_phiid<double>(phiscope::test::column_of(values, 3, 0),
                                                      phiscope::test::column_of(values, 3, 1),
                                                      {.singular_ratio = ratio});
    CHECK(tile.status(0, 1) == one.status);
    CHECK(tile.value(0, 0, 1) == Approx(one.atoms[15]).epsilon(0.0).margin(1e-5));
    CHECK(tile.status(0, 2) == phiscope::Status::ok);
  }
}
