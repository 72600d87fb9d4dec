// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/local_gaussian.hpp>
#include <phiscope/detail/wide_vectors.hpp>
#include <phiscope/phiid_redundancy.hpp>

#include <array>
#include <cstddef>

namespace phiscope::detail {

inline constexpr std::size_t ccs_lanes = 64;  ///< sums of one redundancy that run side by side

/// Sums of the remainder, of rtr and, where there are eight, of the other redundancies,
/// [number, lane].
template <std::size_t numbers>
using CcsLanes = std::array<std::array<double, ccs_lanes>, numbers>;

/// Standard scores over sqrt(2) of two series: pasts x, y and futures a, b, [lane].
struct CcsSteps {
  const double* x = nullptr;
  const double* y = nullptr;
  const double* a = nullptr;
  const double* b = nullptr;
  std::size_t count = 0;  ///< at most ccs_lanes
};

/// Adds the redundancies by common change in surprisal of some time steps, a lane each.
template <std::size_t numbers>
[[gnu::always_inline]] inline void add_narrow_ccs_lanes(const LocalGaussian& gaussian,
                                                        const CcsSteps& steps, double tolerance,
                                                        CcsLanes<numbers>& sums) {
  const LocalGaussian own = gaussian;  // copies: nothing in the loop may write to them
  const CcsSteps at = steps;
  for (std::size_t t = 0; t < at.count; ++t) {
    const CcsLocal now = ccs_local(own.at(at.x[t], at.y[t], at.a[t], at.b[t]), tolerance);
    sums[0].data()[t] += now.remainder;
    sums[1].data()[t] += now.redundancy.rtr;
    if constexpr (numbers > 2) {
      sums[2].data()[t] += now.redundancy.xyta;
      sums[3].data()[t] += now.redundancy.xytb;
      sums[4].data()[t] += now.redundancy.xytab;
      sums[5].data()[t] += now.redundancy.abtx;
      sums[6].data()[t] += now.redundancy.abty;
      sums[7].data()[t] += now.redundancy.abtxy;
    }
  }
}

/// The same, with the same digits, in vectors of AVX-512. @pre has_wide_vectors()
template <std::size_t numbers>
PHISCOPE_WIDE_FUNCTION void add_wide_ccs_lanes(const LocalGaussian& gaussian, const CcsSteps& steps,
                                               double tolerance, CcsLanes<numbers>& sums) {
  add_narrow_ccs_lanes(gaussian, steps, tolerance, sums);
}

template <std::size_t numbers>
void add_ccs_lanes(const LocalGaussian& gaussian, const CcsSteps& steps, double tolerance,
                   CcsLanes<numbers>& sums) {
  if (has_wide_vectors()) {
    add_wide_ccs_lanes(gaussian, steps, tolerance, sums);
  } else {
    add_narrow_ccs_lanes(gaussian, steps, tolerance, sums);
  }
}

}  // namespace phiscope::detail
