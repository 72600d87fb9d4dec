// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/phiid_atoms.hpp>
#include <phiscope/phiid_redundancy.hpp>
#include <phiscope/value.hpp>

#include <cstddef>
#include <vector>

namespace phiscope {

/// How series are turned into informations.
enum class PhiidKind {
  gaussian,  ///< as Gaussian variables; nats
  discrete,  ///< each segment binarised by its own mean; bits
};

/// How integrated information is decomposed. The defaults are those of the experiment.
struct PhiidOptions {
  Redundancy redundancy = Redundancy::mmi;
  PhiidKind kind = PhiidKind::gaussian;
  std::size_t lag = 1;              ///< time steps from past to future, at least 1
  double singular_ratio = 2.2e-10;  ///< gaussian: smallest over largest eigenvalue, at most
  double sign_tolerance = 1e-10;    ///< ccs: smaller local informations have no sign
  bool bias_correction = false;     ///< take the leading bias out of every information
};

/// Decomposition of one pair of series.
struct Phiid {
  Status status = Status::ok;    ///< the rest means something only if ok
  std::size_t transitions = 0;   ///< pairs of past and future
  PhiidAtoms atoms{};            ///< means over the transitions; nats (gaussian) or bits (discrete)
  PhiidInformation information;  ///< means; information.xytab is the TDMI, the sum of the atoms
  PhiidRedundancy redundancy;    ///< means
  std::vector<double> local;     ///< [16, transition] if asked for, else empty

  /// Mean of an atom, or why there is none.
  [[nodiscard]] Value at(PhiidAtom atom) const {
    if (status != Status::ok) return status;
    return atoms[static_cast<std::size_t>(atom)];
  }
};

/// Whether the atoms of every transition are wanted as well.
enum class PhiidLocal { no, yes };

}  // namespace phiscope
