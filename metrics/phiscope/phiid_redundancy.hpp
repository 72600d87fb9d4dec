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

/// Local redundancies by common change in surprisal: the shared information where it has the sign
/// of every term it is made of, else 0.
/// @param local  informations at one time step
/// @param sign_tolerance  smaller numbers have no sign: theirs would be the sign of a rounding
/// @see  "Measuring multivariate redundant information with pointwise common change in surprisal"
///       (Ince)
[[nodiscard]] constexpr PhiidRedundancy ccs_redundancy(const PhiidInformation& local,
                                                       double sign_tolerance) noexcept;

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

/// What i1 and i2 share if i12 is their joint information, by common change in surprisal: the part
/// that counts as redundancy and the part that does not. One of them is 0.
struct CommonChange {
  double redundancy = 0.0;
  double rest = 0.0;
};

[[nodiscard]] constexpr CommonChange common_change(double i1, double i2, double i12,
                                                   double tolerance) noexcept {
  const double shared = i1 + i2 - i12;
  const double low = lower(lower(i1, i2), lower(i12, shared));
  const double high = upper(upper(i1, i2), upper(i12, shared));
  // Two selections and no subtraction: a compiler would branch round that.
  return {.redundancy = where_one_sign(shared, low, high, tolerance),
          .rest = ((low > tolerance) | (high < -tolerance)) ? 0.0 : shared};
}

/// Local redundancies by common change in surprisal.
struct CcsLocal {
  PhiidRedundancy redundancy;
  double remainder = 0.0;  ///< rtr - sts
};

[[nodiscard]] constexpr CcsLocal ccs_local(const PhiidInformation& i, double tolerance) noexcept {
  const CommonChange xyta = common_change(i.xta, i.yta, i.xyta, tolerance);
  const CommonChange xytb = common_change(i.xtb, i.ytb, i.xytb, tolerance);
  const CommonChange xytab = common_change(i.xtab, i.ytab, i.xytab, tolerance);
  const CommonChange abtx = common_change(i.xta, i.xtb, i.xtab, tolerance);
  const CommonChange abty = common_change(i.yta, i.ytb, i.ytab, tolerance);
  const CommonChange abtxy = common_change(i.xyta, i.xytb, i.xytab, tolerance);
  // -xta - xtb - yta - ytb + xyta + xytb + xtab + ytab - xytab and the redundancies, which take
  // their part out of what is shared.
  const double remainder =
      xytab.rest - xyta.rest - xytb.rest + (abtx.redundancy + abty.redundancy - abtxy.redundancy);
  const double low = lower(lower(lower(i.xta, i.xtb), lower(i.yta, i.ytb)), remainder);
  const double high = upper(upper(upper(i.xta, i.xtb), upper(i.yta, i.ytb)), remainder);
  return {.redundancy = {.xyta = xyta.redundancy,
                         .xytb = xytb.redundancy,
                         .xytab = xytab.redundancy,
                         .abtx = abtx.redundancy,
                         .abty = abty.redundancy,
                         .abtxy = abtxy.redundancy,
                         .rtr = where_one_sign(remainder, low, high, tolerance)},
          .remainder = remainder};
}

}  // namespace detail

constexpr PhiidRedundancy ccs_redundancy(const PhiidInformation& local,
                                         double sign_tolerance) noexcept {
  return detail::ccs_local(local, sign_tolerance).redundancy;
}

}  // namespace phiscope
