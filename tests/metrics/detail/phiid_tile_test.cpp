// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/detail/phiid_tile.hpp>

#include <array>

using phiscope::PhiidOutput;
using phiscope::PhiidTile;
using phiscope::Status;

TEST_CASE("a tile holds means over the recordings that are ok", "[phiid_tile]") {
  PhiidTile tile({.first_i = 0, .count_i = 2, .first_j = 2, .count_j = 3}, PhiidOutput::sts_rtr);
  tile.add(0, 1, {1.0, 10.0});
  tile.add(0, 1, {3.0, 20.0});
  tile.refuse(0, 1, Status::singular);
  tile.refuse(1, 2, Status::nonfinite);
  tile.refuse(1, 2, Status::constant_series);
  const std::array<double, 3> sts{5.0, 6.0, 7.0};
  const std::array<double, 3> rtr{0.5, 0.6, 0.7};
  tile.add_row(0, 1, 1,
               sts.data());  // from 1: the second and third pair, then the third is undefined
  tile.add_row(1, 1, 1, rtr.data());
  tile.count_row(1, 1);
  tile.divide();
  CHECK(tile.value(0, 0, 1) == 2.0);
  CHECK(tile.value(1, 0, 1) == 15.0);
  CHECK(tile.n_ok(0, 1) == 2);
  CHECK(tile.status(0, 1) == Status::ok);
  CHECK(tile.value(0, 1, 1) == 6.0);
  CHECK(tile.value(1, 1, 2) == 0.7);
  CHECK(tile.value(0, 1, 0) == 0.0);
  CHECK(tile.n_ok(1, 0) == 0);
  CHECK(tile.counts() ==
        phiscope::PhiidCounts{.ok = 4, .constant_series = 1, .nonfinite = 1, .singular = 1});
}

TEST_CASE("a pair that is never ok has the first reason", "[phiid_tile]") {
  PhiidTile tile({.first_i = 0, .count_i = 1, .first_j = 1, .count_j = 1}, PhiidOutput::atoms);
  tile.refuse(0, 0, Status::singular);
  tile.refuse(0, 0, Status::constant_series);
  tile.refuse(0, 0, Status::too_short);
  tile.divide();
  CHECK(tile.status(0, 0) == Status::too_short);
  CHECK(tile.value(15, 0, 0) == 0.0);
}

TEST_CASE("outputs are sts, rtr and TDMI, or all atoms", "[phiid_tile]") {
  phiscope::PhiidAtoms atoms{};
  atoms[0] = 0.25;
  atoms[15] = 0.5;
  const auto two = phiscope::outputs_of(atoms, 3.0, PhiidOutput::sts_rtr);
  CHECK((two[0] == 0.5 && two[1] == 0.25 && two[2] == 0.0));
  CHECK(phiscope::outputs_of(atoms, 3.0, PhiidOutput::sts_rtr_tdmi)[2] == 3.0);
  CHECK(phiscope::outputs_of(atoms, 3.0, PhiidOutput::atoms) == atoms);
  CHECK(phiscope::output_count(PhiidOutput::sts_rtr) == 2);
  CHECK(phiscope::output_count(PhiidOutput::atoms) == 16);
}
