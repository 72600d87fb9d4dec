// SPDX-License-Identifier: MIT
#pragma once

#include "plan/counter_random.hpp"

#include <array>
#include <cmath>
#include <cstdint>

namespace phiscope::extract {

/// ln x by a series, for x > 0: the C library's last digit differs between versions, this one's
/// does not. Error below 1e-15 of the result or of 1.
[[nodiscard]] inline double plain_log(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);  // in [0.5, 1)
  if (mantissa < 0.70710678118654752) {
    mantissa *= 2.0;
    --exponent;
  }
  const double s = (mantissa - 1.0) / (mantissa + 1.0);  // |s| < 0.1716
  double sum = 0.0;
  for (int k = 25; k >= 1; k -= 2) sum = sum * s * s + 1.0 / k;
  return 2.0 * s * sum + exponent * 0.69314718055994531;
}

namespace detail {

/// p(x) / q(x), both of degree 7 with the constant term first.
[[nodiscard]] inline double rational(double x, const std::array<double, 8>& p,
                                     const std::array<double, 8>& q) {
  double above = 0.0;
  double below = 0.0;
  for (std::size_t i = p.size(); i-- > 0;) {
    above = above * x + p[i];
    below = below * x + q[i];
  }
  return above / below;
}

}  // namespace detail

/// Quantile function of the normal distribution, for p in (0, 1); relative error below 1e-15. Plain
/// arithmetic and square roots only, so the same bits on every platform.
/// @see  Wichura 1988, Algorithm AS 241, PPND16
[[nodiscard]] inline double normal_quantile(double p) {
  using Terms = std::array<double, 8>;
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    constexpr Terms above{3.3871328727963666080e0,  1.3314166789178437745e+2,
                          1.9715909503065514427e+3, 1.3731693765509461125e+4,
                          4.5921953931549871457e+4, 6.7265770927008700853e+4,
                          3.3430575583588128105e+4, 2.5090809287301226727e+3};
    constexpr Terms below{1.0,
                          4.2313330701600911252e+1,
                          6.8718700749205790830e+2,
                          5.3941960214247511077e+3,
                          2.1213794301586595867e+4,
                          3.9307895800092710610e+4,
                          2.8729085735721942674e+4,
                          5.2264952788528545610e+3};
    return q * detail::rational(0.180625 - q * q, above, below);
  }
  const double r = std::sqrt(-plain_log(q < 0.0 ? p : 1.0 - p));
  double tail = 0.0;
  if (r <= 5.0) {
    constexpr Terms above{1.42343711074968357734e0,  4.63033784615654529590e0,
                          5.76949722146069140550e0,  3.64784832476320460504e0,
                          1.27045825245236838258e0,  2.41780725177450611770e-1,
                          2.27238449892691845833e-2, 7.74545014278341407640e-4};
    constexpr Terms below{1.0,
                          2.05319162663775882187e0,
                          1.67638483018380384940e0,
                          6.89767334985100004550e-1,
                          1.48103976427480074590e-1,
                          1.51986665636164571966e-2,
                          5.47593808499534494600e-4,
                          1.05075007164441684324e-9};
    tail = detail::rational(r - 1.6, above, below);
  } else {
    constexpr Terms above{6.65790464350110377720e0,  5.46378491116411436990e0,
                          1.78482653991729133580e0,  2.96560571828504891230e-1,
                          2.65321895265761230930e-2, 1.24266094738807843860e-3,
                          2.71155556874348757815e-5, 2.01033439929228813265e-7};
    constexpr Terms below{1.0,
                          5.99832206555887937690e-1,
                          1.36929880922735805310e-1,
                          1.48753612908506148525e-2,
                          7.86869131145613259100e-4,
                          1.84631831751005468180e-5,
                          1.42151175831644588870e-7,
                          2.04426310338993978564e-15};
    tail = detail::rational(r - 5.0, above, below);
  }
  return q < 0.0 ? -tail : tail;
}

/// A standard normal number that is a function of its arguments alone.
/// @param stream  numbers of different streams are independent
[[nodiscard]] inline double normal_at(std::uint64_t seed, std::uint32_t stream,
                                      std::uint64_t index) {
  const auto low = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
  const auto high = [](std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32U); };
  const auto bits =
      philox4x32({low(index), high(index), stream, 0xA11B17}, {low(seed), high(seed)});
  const std::uint64_t both = (std::uint64_t{bits[0]} << 32U) | bits[1];
  return normal_quantile((static_cast<double>(both >> 11U) + 0.5) * 0x1.0p-53);  // never 0 or 1
}

}  // namespace phiscope::extract
