// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/storage_type.hpp"

#include <bit>
#include <cstdint>

namespace phiscope::extract::kernel {

[[nodiscard]] inline float widen(float x) {
  return x;
}
[[nodiscard]] inline double widen(double x) {
  return x;
}
/// Exact.
[[nodiscard]] inline float widen(Bfloat16 x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
}
/// Exact, subnormal numbers included. A signalling NaN becomes a quiet one, as the processor does.
[[nodiscard]] inline float widen(Float16 x) {
  const std::uint32_t rest = x.bits & 0x7fffU;
  // The exponents are biased by 15 and by 127; a product also sets a subnormal number right.
  const float finite = std::bit_cast<float>(rest << 13) * 0x1p112F;
  auto bits = std::bit_cast<std::uint32_t>(finite);
  if (rest >= 0x7c00U) bits = 0x7f800000U | rest << 13 | (rest > 0x7c00U ? 0x00400000U : 0U);
  return std::bit_cast<float>(bits | (x.bits & 0x8000U) << 16);
}

/// x as a number of type T, rounded to nearest, ties to even. NaN stays NaN.
template <class T>
[[nodiscard]] T narrow(Wide<T> x);

template <>
[[nodiscard]] inline float narrow<float>(float x) {
  return x;
}
template <>
[[nodiscard]] inline double narrow<double>(double x) {
  return x;
}
template <>
[[nodiscard]] inline Bfloat16 narrow<Bfloat16>(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return {0x7fc0};
  // Below the kept bits: more than half, or half and the last kept bit is odd, carries.
  return {static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16)};
}
template <>
[[nodiscard]] inline Float16 narrow<Float16>(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rest = bits & 0x7fffffffU;
  const std::uint32_t sign = bits >> 16 & 0x8000U;
  std::uint32_t kept = 0x7e00U;  // not a number
  if (rest < 0x38800000U) {
    // Subnormal: 0.5 has its last bit at 2^-24, the smallest number, so that the sum is rounded.
    kept = std::bit_cast<std::uint32_t>(std::bit_cast<float>(rest) + 0.5F) - 0x3f000000U;
  } else if (rest <= 0x7f800000U) {
    const std::uint32_t rounded = (rest + 0xfffU + (rest >> 13 & 1U)) >> 13;
    kept = rounded < 0x23c00U ? rounded - 0x1c000U : 0x7c00U;  // beyond 65504 and a half: infinite
  }
  return {static_cast<std::uint16_t>(sign | kept)};
}

}  // namespace phiscope::extract::kernel
