// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/phiid_atoms.hpp>

#include <cstddef>
#include <numbers>

namespace phiscope {

/// Leading bias of a mutual information that is estimated from `samples` independent samples:
/// degrees / (2 samples) nats. Estimates of information are too large by about this much.
///
/// Degrees: d1 d2 for Gaussian variables of d1 and d2 dimensions, (k1 - 1)(k2 - 1) for variables
/// with k1 and k2 states. Autocorrelated samples count for fewer, so the true bias is larger.
/// @pre samples > 0
/// @see  Panzeri & Treves, "Analytical estimates of limited sampling biases" (1996); Miller (1955)
[[nodiscard]] constexpr double information_bias_nats(double degrees, std::size_t samples) noexcept {
  return degrees / (2.0 * static_cast<double>(samples));
}

/// Biases of the nine informations of two Gaussian series, nats. @pre transitions > 0
[[nodiscard]] constexpr PhiidInformation gaussian_bias(std::size_t transitions) noexcept {
  const double one = information_bias_nats(1.0, transitions);
  return {.xta = one,
          .xtb = one,
          .yta = one,
          .ytb = one,
          .xyta = 2.0 * one,
          .xytb = 2.0 * one,
          .xtab = 2.0 * one,
          .ytab = 2.0 * one,
          .xytab = 4.0 * one};
}

/// Biases of the nine informations of two binary series, bits. @pre transitions > 0
[[nodiscard]] constexpr PhiidInformation binary_bias(std::size_t transitions) noexcept {
  const double one = information_bias_nats(1.0, transitions) * std::numbers::log2e;
  return {.xta = one,
          .xtb = one,
          .yta = one,
          .ytb = one,
          .xyta = 3.0 * one,
          .xytb = 3.0 * one,
          .xtab = 3.0 * one,
          .ytab = 3.0 * one,
          .xytab = 9.0 * one};
}

/// Each of the nine informations of `a` less that of `b`.
[[nodiscard]] constexpr PhiidInformation less(const PhiidInformation& a,
                                              const PhiidInformation& b) noexcept {
  return {.xta = a.xta - b.xta,
          .xtb = a.xtb - b.xtb,
          .yta = a.yta - b.yta,
          .ytb = a.ytb - b.ytb,
          .xyta = a.xyta - b.xyta,
          .xytb = a.xytb - b.xytb,
          .xtab = a.xtab - b.xtab,
          .ytab = a.ytab - b.ytab,
          .xytab = a.xytab - b.xytab};
}

}  // namespace phiscope
