// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace phiscope::extract::kernel {

// Without branches or tables: a loop over these is vectorised, and the bits are the same in every
// lane and on every machine.

/// e^x for x <= 0, within two units in the last place; 0 from -104 on, NaN for NaN.
[[nodiscard]] inline float exp_of_negative(float x) {
  // x = n log 2 + r with |r| <= log(2) / 2. Added to 1.5 * 2^23, n is in the lowest bits.
  constexpr float shift = 0x1.8p23F;
  const float bounded = x < -104.0F ? -104.0F : x;
  const float shifted = std::fma(bounded, 0x1.715476p0F, shift);
  const float n = shifted - shift;
  const float r = std::fma(n, -0x1.7f7d1cp-20F, std::fma(n, -0x1.62e4p-1F, bounded));
  float q = 0x1.6d117cp-10F;  // (e^r - 1 - r) / r^2
  q = std::fma(q, r, 0x1.120be2p-7F);
  q = std::fma(q, r, 0x1.555518p-5F);
  q = std::fma(q, r, 0x1.5554dcp-3F);
  q = std::fma(q, r, 0.5F);
  const float power = 1.0F + std::fma(q, r * r, r);
  // 2^n as two factors, as it may be too small for a normal number.
  const auto whole = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(shifted) -
                                               std::bit_cast<std::uint32_t>(shift));
  const auto two_to = [](std::int32_t k) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(k + 127) << 23);
  };
  const std::int32_t half = whole >> 1;
  return power * two_to(half) * two_to(whole - half);
}

/// Hyperbolic tangent, within four units in the last place.
[[nodiscard]] inline float tanh_of(float x) {
  const float size = std::fabs(x);
  const float z = x * x;
  float t = -0x1.b13538p-8F;  // (tanh x / x - 1) / x^2 for |x| < 0.55
  t = std::fma(t, z, 0x1.5d220ep-6F);
  t = std::fma(t, z, -0x1.b9a044p-5F);
  t = std::fma(t, z, 0x1.110feap-3F);
  t = std::fma(t, z, -0x1.555554p-2F);
  const float near = std::fma(t * z, x, x);
  const float e = exp_of_negative(-2.0F * size);
  const float far = std::copysign((1.0F - e) / (1.0F + e), x);
  return size < 0.55F ? near : far;
}

}  // namespace phiscope::extract::kernel
