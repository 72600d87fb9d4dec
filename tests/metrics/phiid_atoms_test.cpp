// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <phiscope/phiid_atoms.hpp>

#include <cstddef>
#include <set>
#include <string>

using phiscope::phiid_atom_names;
using phiscope::PhiidAtoms;

TEST_CASE("every information and redundancy is the sum of the atoms below it", "[phiid_atoms]") {
  // Integers, so that every sum is exact.
  const phiscope::PhiidInformation i{.xta = 31,
                                     .xtb = 37,
                                     .yta = 41,
                                     .ytb = 43,
                                     .xyta = 101,
                                     .xytb = 103,
                                     .xtab = 107,
                                     .ytab = 109,
                                     .xytab = 401};
  const phiscope::PhiidRedundancy r{
      .xyta = 11, .xytb = 13, .xytab = 17, .abtx = 19, .abty = 23, .abtxy = 29, .rtr = 5};
  const PhiidAtoms atoms = phiscope::phiid_atoms(i, r);
  // Letters below a letter: itself and r, all of them below s.
  const auto below = [](char a, char b) { return a == b || a == 'r' || b == 's'; };
  const auto sum = [&](char past, char future) {
    double total = 0.0;
    for (std::size_t k = 0; k < atoms.size(); ++k) {
      const std::string name(phiid_atom_names[k]);
      if (below(name[0], past) && below(name[2], future)) total += atoms[k];
    }
    return total;
  };
  CHECK(sum('r', 'r') == r.rtr);
  CHECK(sum('r', 'x') == r.xyta);
  CHECK(sum('r', 'y') == r.xytb);
  CHECK(sum('r', 's') == r.xytab);
  CHECK(sum('x', 'r') == r.abtx);
  CHECK(sum('y', 'r') == r.abty);
  CHECK(sum('s', 'r') == r.abtxy);
  CHECK(sum('x', 'x') == i.xta);
  CHECK(sum('x', 'y') == i.xtb);
  CHECK(sum('y', 'x') == i.yta);
  CHECK(sum('y', 'y') == i.ytb);
  CHECK(sum('s', 'x') == i.xyta);
  CHECK(sum('s', 'y') == i.xytb);
  CHECK(sum('x', 's') == i.xtab);
  CHECK(sum('y', 's') == i.ytab);
  CHECK(sum('s', 's') == i.xytab);
}

TEST_CASE("the atoms have sixteen names in the published order", "[phiid_atoms]") {
  CHECK(std::set<std::string_view>(phiid_atom_names.begin(), phiid_atom_names.end()).size() == 16);
  CHECK(phiid_atom_names[phiscope::phiid_rtr] == "rtr");
  CHECK(phiid_atom_names[phiscope::phiid_sts] == "sts");
  CHECK(phiid_atom_names[1] == "rtx");
  CHECK(phiid_atom_names[4] == "xtr");
}
