// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "slow_phiid.hpp"

#include <phiscope/gaussian_phiid.hpp>
#include <phiscope/phiid_pairs.hpp>
#include <phiscope/phiid_table.hpp>

#include <cstddef>
#include <vector>

using phiscope::MatrixView;
using phiscope::Phiid;
using phiscope::PhiidAtom;
using phiscope::PhiidOutput;
using phiscope::PhiidTable;
using phiscope::Status;
using phiscope::Value;
using phiscope::test::column_of;
using phiscope::test::coupled_series;

TEST_CASE("an atom is found by its name and its two series in either order", "[phiid_table]") {
  const std::vector<double> values = coupled_series(3, 120, 4);
  const PhiidTable table =
      phiscope::phiid(MatrixView<double>(values, 120, 4), {.output = PhiidOutput::atoms});
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      if (i == j) continue;
      const Phiid one = phiscope::gaussian_phiid(column_of(values, 4, i), column_of(values, 4, j));
      for (std::size_t place = 0; place < phiscope::phiid_atom_count; ++place) {
        const auto atom = static_cast<PhiidAtom>(place);
        INFO(phiscope::phiid_atom_names[place] << " of " << i << " and " << j);
        CHECK(table.at(atom, i, j).value() == Approx(one.at(atom).value()).margin(1e-12));
      }
    }
  }
}

TEST_CASE("a short table gives its two atoms and refuses the others", "[phiid_table]") {
  const std::vector<double> values = coupled_series(3, 120, 3);
  const MatrixView<double> recording(values, 120, 3);
  const PhiidTable all = phiscope::phiid(recording, {.output = PhiidOutput::atoms});
  for (const PhiidOutput output : {PhiidOutput::sts_rtr, PhiidOutput::sts_rtr_tdmi}) {
    const PhiidTable two = phiscope::phiid(recording, {.output = output});
    const double sts = all.at(PhiidAtom::sts, 0, 2).value();
    CHECK(two.at(PhiidAtom::sts, 0, 2).value() == Approx(sts).margin(1e-12));
    const double rtr = all.at(PhiidAtom::rtr, 1, 2).value();
    CHECK(two.at(PhiidAtom::rtr, 2, 1).value() == Approx(rtr).margin(1e-12));
    CHECK_THROWS_WITH(two.at(PhiidAtom::xtx, 0, 1), Contains("xtx was not computed"));
  }
  CHECK_THROWS_AS(all.at(PhiidAtom::sts, 1, 1), std::invalid_argument);
  CHECK_THROWS_WITH(all.at(PhiidAtom::sts, 0, 3), Contains("no pair (0, 3) of 3 series"));
}

TEST_CASE("a pair without atoms says why", "[phiid_table]") {
  std::vector<double> values = coupled_series(3, 60, 3);
  for (std::size_t t = 0; t < 60; ++t) values[t * 3 + 1] = 2.0;
  const PhiidTable table = phiscope::phiid(MatrixView<double>(values, 60, 3));
  CHECK(table.at(PhiidAtom::sts, 0, 1) == Value(Status::constant_series));
  CHECK(table.at(PhiidAtom::sts, 2, 1) == Value(Status::constant_series));
  CHECK(table.at(PhiidAtom::sts, 0, 2).ok());
}
