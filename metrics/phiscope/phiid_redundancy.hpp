// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/phiid_atoms.hpp>

#include <algorithm>

namespace phiscope {

/// Which redundancy function PhiID uses.
enum class Redundancy {
  mmi,  ///< minimum mutual information: the smaller of two means
  ccs,  ///< common change in surprisal: pointwise, where the signs agree
};

/// Redundancies by minimum mutual information.
/// @param mean  informations averaged over time
[[nodiscard]] constexpr PhiidRedundancy mmi_redundancy(const PhiidInformation& mean) noexcept {
  return {.xyta = std::min(mean.xta, mean.yta),
          .xytb = std::min(mean.xtb, mean.ytb),
          .xytab = std::min(mean.xtab, mean.ytab),
          .abtx = std::min(mean.xta, mean.xtb),
          .abty = std::min(mean.yta, mean.ytb),
          .abtxy = std::min(mean.xyta, mean.xytb),
          .rtr = std::min({mean.xta, mean.xtb, mean.yta, mean.ytb})};
}

/// Local redundancies by minimum mutual information: the local value of the source whose mean is
/// smaller, the second one if the means are equal; for rtr the first of the smallest four.
/// @param mean,local  informations averaged over time and at one time step
[[nodiscard]] constexpr PhiidRedundancy mmi_redundancy(const PhiidInformation& mean,
                                                       const PhiidInformation& local) noexcept {
  const auto pick = [&mean, &local](double PhiidInformation::*first,
                                    double PhiidInformation::*second) {
    return mean.*first < mean.*second ? local.*first : local.*second;
  };
  double PhiidInformation::*least = &PhiidInformation::xta;
  for (const auto single :
       {&PhiidInformation::xtb, &PhiidInformation::yta, &PhiidInformation::ytb}) {
    if (mean.*single < mean.*least) least = single;
  }
  return {.xyta = pick(&PhiidInformation::xta, &PhiidInformation::yta),
          .xytb = pick(&PhiidInformation::xtb, &PhiidInformation::ytb),
          .xytab = pick(&PhiidInformation::xtab, &PhiidInformation::ytab),
          .abtx = pick(&PhiidInformation::xta, &PhiidInformation::xtb),
          .abty = pick(&PhiidInformation::yta, &PhiidInformation::ytb),
          .abtxy = pick(&PhiidInformation::xyta, &PhiidInformation::xytb),
          .rtr = local.*least};
}

namespace detail {

/// Smaller and larger of two numbers, in the form that compilers turn into one instruction a lane.
[[nodiscard]] constexpr double lower(double a, double b) noexcept {
  return a < b ? a : b;
}
[[nodiscard]] constexpr double upper(double a, double b) noexcept {
  return a > b ? a : b;
}

/// `value` where the numbers between `low` and `high` all have one sign, else 0.
[[nodiscard]] constexpr double where_one_sign(double value, double low, double high,
                                              double tolerance) noexcept {
  return ((low > tolerance) | (high < -tolerance)) ? value : 0.0;
}

/// Redundancy of i1 and i2 by common change in surprisal, if i12 is their joint information.
[[nodiscard]] constexpr double ccs(double i1, double i2, double i12, double tolerance) noexcept {
  const double shared = i1 + i2 - i12;
  return where_one_sign(shared, lower(lower(i1, i2), lower(i12, shared)),
                        upper(upper(i1, i2), upper(i12, shared)), tolerance);
}

/// What is left of the joint information (sign changed) once everything but rtr and sts is taken
/// out: at every time step sts = rtr - remainder.
[[nodiscard]] constexpr double phiid_remainder(const PhiidInformation& i,
                                               const PhiidRedundancy& r) noexcept {
  return -i.xta - i.xtb - i.yta - i.ytb + i.xtab + i.ytab + i.xyta + i.xytb - i.xytab + r.xyta +
         r.xytb - r.xytab + r.abtx + r.abty - r.abtxy;
}

}  // namespace detail

/// Local redundancies by common change in surprisal: the shared information where it has the sign
/// of every term it is made of, else 0.
/// @param local  informations at one time step
/// @param sign_tolerance  smaller numbers have no sign: theirs would be the sign of a rounding
/// @see  "Measuring multivariate redundant information with pointwise common change in surprisal"
///       (Ince)
[[nodiscard]] constexpr PhiidRedundancy ccs_redundancy(const PhiidInformation& local,
                                                       double sign_tolerance) noexcept {
  const PhiidInformation& i = local;
  PhiidRedundancy r{.xyta = detail::ccs(i.xta, i.yta, i.xyta, sign_tolerance),
                    .xytb = detail::ccs(i.xtb, i.ytb, i.xytb, sign_tolerance),
                    .xytab = detail::ccs(i.xtab, i.ytab, i.xytab, sign_tolerance),
                    .abtx = detail::ccs(i.xta, i.xtb, i.xtab, sign_tolerance),
                    .abty = detail::ccs(i.yta, i.ytb, i.ytab, sign_tolerance),
                    .abtxy = detail::ccs(i.xyta, i.xytb, i.xytab, sign_tolerance),
                    .rtr = 0.0};
  const double remainder = detail::phiid_remainder(i, r);
  const double low = detail::lower(detail::lower(i.xta, i.xtb), detail::lower(i.yta, i.ytb));
  const double high = detail::upper(detail::upper(i.xta, i.xtb), detail::upper(i.yta, i.ytb));
  r.rtr = detail::where_one_sign(remainder, detail::lower(low, remainder),
                                 detail::upper(high, remainder), sign_tolerance);
  return r;
}

}  // namespace phiscope
