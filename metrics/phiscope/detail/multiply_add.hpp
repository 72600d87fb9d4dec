// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

namespace phiscope::detail {

/// a * b + c, rounded once where the processor has an instruction for it, else twice: std::fma
/// would be a slow function there. Loops over it are vectorised.
[[nodiscard]] inline double multiply_add(double a, double b, double c) noexcept {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return std::fma(a, b, c);
#else
  return a * b + c;
#endif
}

}  // namespace phiscope::detail
