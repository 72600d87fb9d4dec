// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/arrays.hpp>
#include <phiscope/detail/lagged_correlations.hpp>
#include <phiscope/detail/local_gaussian.hpp>
#include <phiscope/gaussian_information.hpp>
#include <phiscope/information_bias.hpp>
#include <phiscope/phiid_options.hpp>

#include <concepts>
#include <cstddef>
#include <numbers>
#include <span>

namespace phiscope {

/// Integrated information decomposition of two series as Gaussian variables. The means are exactly
/// those of the log-determinant formula, so scale and offset of a series do not matter.
///
/// @param x,y  [time], any unit
/// @param options  options.kind is ignored
/// @return  nats; status too_short (fewer than 5 transitions), constant_series (a past or future
///          that never changes), nonfinite, or singular (series that determine each other)
/// @throws std::invalid_argument if the lengths differ or the lag is 0
/// @see  experiment phiid; phyid.calculate.calc_PhiID(x, y, tau, kind="gaussian")
template <std::floating_point T>
[[nodiscard]] Phiid gaussian_phiid(std::span<const T> x, std::span<const T> y,
                                   const PhiidOptions& options = {},
                                   PhiidLocal local = PhiidLocal::no);

/// The same for arrays of any kind that series_of() takes.
template <RealSeries X, RealSeriesAs<X> Y>
[[nodiscard]] Phiid gaussian_phiid(const X& x, const Y& y, const PhiidOptions& options = {},
                                   PhiidLocal local = PhiidLocal::no) {
  return gaussian_phiid(series_of(x).span, series_of(y).span, options, local);
}

namespace detail {

/// Adds `term` to each redundancy of `sum`.
inline void add(PhiidRedundancy& sum, const PhiidRedundancy& term) {
  sum.xyta += term.xyta;
  sum.xytb += term.xytb;
  sum.xytab += term.xytab;
  sum.abtx += term.abtx;
  sum.abty += term.abty;
  sum.abtxy += term.abtxy;
  sum.rtr += term.rtr;
}

/// Each redundancy of `sum` over `count`.
[[nodiscard]] inline PhiidRedundancy mean_redundancy(const PhiidRedundancy& sum, double count) {
  return {.xyta = sum.xyta / count,
          .xytb = sum.xytb / count,
          .xytab = sum.xytab / count,
          .abtx = sum.abtx / count,
          .abty = sum.abty / count,
          .abtxy = sum.abtxy / count,
          .rtr = sum.rtr / count};
}

}  // namespace detail

template <std::floating_point T>
Phiid gaussian_phiid(std::span<const T> x, std::span<const T> y, const PhiidOptions& options,
                     PhiidLocal local) {
  const LaggedPair pair = lagged_pair(x, y, options.lag);
  const std::size_t n = x.size() < options.lag ? 0 : x.size() - options.lag;
  Phiid result{.status = pair.status,
               .transitions = n,
               .atoms = {},
               .information = {},
               .redundancy = {},
               .local = {}};
  if (result.status == Status::ok && is_singular(pair.correlations, options.singular_ratio)) {
    result.status = Status::singular;
  }
  if (result.status != Status::ok) return result;

  result.information = gaussian_information(pair.correlations);
  if (options.bias_correction) result.information = less(result.information, gaussian_bias(n));
  result.redundancy = mmi_redundancy(result.information);
  const bool ccs = options.redundancy == Redundancy::ccs;
  if (ccs || local == PhiidLocal::yes) {
    const detail::LocalGaussian gaussian(pair.correlations, result.information);
    constexpr double root_half = std::numbers::sqrt2 / 2.0;
    PhiidRedundancy sum;
    if (local == PhiidLocal::yes) result.local.resize(phiid_atom_count * n);
    for (std::size_t t = 0; t < n; ++t) {
      const PhiidInformation now =
          gaussian.at(pair.x.values[t] * root_half, pair.y.values[t] * root_half,
                      pair.a.values[t] * root_half, pair.b.values[t] * root_half);
      const PhiidRedundancy shared = ccs ? ccs_redundancy(now, options.sign_tolerance)
                                         : mmi_redundancy(result.information, now);
      detail::add(sum, shared);
      if (local == PhiidLocal::no) continue;
      const PhiidAtoms atoms = phiid_atoms(now, shared);
      for (std::size_t k = 0; k < phiid_atom_count; ++k) result.local[k * n + t] = atoms[k];
    }
    if (ccs) result.redundancy = detail::mean_redundancy(sum, static_cast<double>(n));
  }
  result.atoms = phiid_atoms(result.information, result.redundancy);
  return result;
}

}  // namespace phiscope
