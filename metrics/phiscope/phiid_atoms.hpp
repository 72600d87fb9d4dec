// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace phiscope {

/// The nine mutual informations between the past (x, y) and the future (a, b) of two series, in the
/// unit of their source (nats or bits); means over time, or the local values at one time step.
struct PhiidInformation {
  double xta = 0.0;    ///< past of x, future of x
  double xtb = 0.0;    ///< past of x, future of y
  double yta = 0.0;    ///< past of y, future of x
  double ytb = 0.0;    ///< past of y, future of y
  double xyta = 0.0;   ///< both pasts, future of x
  double xytb = 0.0;   ///< both pasts, future of y
  double xtab = 0.0;   ///< past of x, both futures
  double ytab = 0.0;   ///< past of y, both futures
  double xytab = 0.0;  ///< both pasts, both futures: the time-delayed mutual information (TDMI)
};

/// The six redundancies of two informations, and the double redundancy.
struct PhiidRedundancy {
  double xyta = 0.0;   ///< of x and y about a
  double xytb = 0.0;   ///< of x and y about b
  double xytab = 0.0;  ///< of x and y about a and b
  double abtx = 0.0;   ///< of a and b about x
  double abty = 0.0;   ///< of a and b about y
  double abtxy = 0.0;  ///< of a and b about x and y
  double rtr = 0.0;    ///< redundant in the past and in the future
};

inline constexpr std::size_t phiid_atom_count = 16;

/// The 16 atoms in the order used everywhere. Letters: r redundant, x and y unique, s synergistic;
/// before t the past, after it the future.
inline constexpr std::array<std::string_view, phiid_atom_count> phiid_atom_names{
    "rtr", "rtx", "rty", "rts", "xtr", "xtx", "xty", "xts",
    "ytr", "ytx", "yty", "yts", "str", "stx", "sty", "sts"};

/// An atom by its name; its number is its place in phiid_atom_names.
enum class PhiidAtom : std::size_t {
  rtr,
  rtx,
  rty,
  rts,
  xtr,
  xtx,
  xty,
  xts,
  ytr,
  ytx,
  yty,
  yts,
  str,
  stx,
  sty,
  sts
};

/// The same atom when the two series change places: x and y are exchanged.
[[nodiscard]] constexpr PhiidAtom exchanged(PhiidAtom atom) noexcept {
  constexpr std::array<std::size_t, 4> other{0, 2, 1, 3};  // r, y, x, s
  const auto place = static_cast<std::size_t>(atom);
  return static_cast<PhiidAtom>(4 * other[place / 4] + other[place % 4]);
}

inline constexpr std::size_t phiid_rtr = 0;  ///< place of rtr among the atoms

inline constexpr std::size_t phiid_sts = 15;  ///< place of sts among the atoms

/// Atoms in the order of phiid_atom_names.
using PhiidAtoms = std::array<double, phiid_atom_count>;

/// The 16 atoms that the informations and redundancies determine: every information is the sum of
/// the atoms below it in the lattice. Linear, so it holds for means and for local values.
/// @return  in the unit of the input; the atoms sum to xytab, and any atom but rtr may be negative
/// @see  "Towards an extended taxonomy of information dynamics via Integrated Information
///       Decomposition" (Mediano et al.)
[[nodiscard]] constexpr PhiidAtoms phiid_atoms(const PhiidInformation& i,
                                               const PhiidRedundancy& r) noexcept {
  const double rtr = r.rtr;
  const double rtx = r.xyta - rtr;
  const double rty = r.xytb - rtr;
  const double rts = r.xytab - rtr - rtx - rty;
  const double xtr = r.abtx - rtr;
  const double ytr = r.abty - rtr;
  const double str = r.abtxy - rtr - xtr - ytr;
  const double xtx = i.xta - rtr - rtx - xtr;
  const double xty = i.xtb - rtr - rty - xtr;
  const double ytx = i.yta - rtr - rtx - ytr;
  const double yty = i.ytb - rtr - rty - ytr;
  const double stx = i.xyta - (rtr + rtx + xtr + xtx + ytr + ytx + str);
  const double sty = i.xytb - (rtr + rty + xtr + xty + ytr + yty + str);
  const double xts = i.xtab - (rtr + rtx + rty + rts + xtr + xtx + xty);
  const double yts = i.ytab - (rtr + rtx + rty + rts + ytr + ytx + yty);
  const double sts = i.xytab - (rtr + rtx + rty + rts + xtr + xtx + xty + xts + ytr + ytx + yty +
                                yts + str + stx + sty);
  return {rtr, rtx, rty, rts, xtr, xtx, xty, xts, ytr, ytx, yty, yts, str, stx, sty, sts};
}

}  // namespace phiscope
