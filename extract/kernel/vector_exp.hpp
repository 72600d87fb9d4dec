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

/// e^x for x <= 0, within one unit in the last place and a hundredth; 0 from -746 on, NaN for NaN.
[[nodiscard]] inline double exp_of_negative(double x) {
  // As above, with 1.5 * 2^52; the first part of log 2 has few enough bits for an exact product.
  constexpr double shift = 0x1.8p52;
  const double bounded = x < -746.0 ? -746.0 : x;
  const double shifted = std::fma(bounded, 0x1.71547652b82fep0, shift);
  const double n = shifted - shift;
  const double r = std::fma(n, -0x1.cf79abc9e3b3ap-40, std::fma(n, -0x1.62e42fefa0000p-1, bounded));
  double q = 0x1.af38d53857513p-26;  // (e^r - 1 - r) / r^2
  q = std::fma(q, r, 0x1.2891a8c1d838dp-22);
  q = std::fma(q, r, 0x1.71de0d9c145d0p-19);
  q = std::fma(q, r, 0x1.a019b8ef67c6cp-16);
  q = std::fma(q, r, 0x1.a01a01a7c8d47p-13);
  q = std::fma(q, r, 0x1.6c16c17893833p-10);
  q = std::fma(q, r, 0x1.11111111109adp-7);
  q = std::fma(q, r, 0x1.5555555553d4fp-5);
  q = std::fma(q, r, 0x1.5555555555556p-3);
  q = std::fma(q, r, 0x1.0000000000001p-1);
  const double power = 1.0 + std::fma(q, r * r, r);
  // The shifts are those of numbers without a sign: AVX2 has no other of 64 bits. -1077 <= n <= 0.
  const std::uint64_t above = std::bit_cast<std::uint64_t>(shifted) -
                              std::bit_cast<std::uint64_t>(shift) + 2046;  // n + 2046
  const std::uint64_t half = above >> 1U;
  const auto two_to = [](std::uint64_t biased) { return std::bit_cast<double>(biased << 52U); };
  return power * two_to(half) * two_to(above - half);
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
