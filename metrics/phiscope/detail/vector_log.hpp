// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>

namespace phiscope::detail {

/// Natural logarithm of a positive normal number, within one unit in the last place. Without
/// branches, tables or fused operations: a loop over it is vectorised, and the bits are the same in
/// every lane and on every machine. Anything else than a positive normal number gives any number.
[[nodiscard]] inline double log_of_normal(double x) noexcept {
  constexpr std::uint64_t one = 0x3ff0000000000000;
  constexpr std::uint64_t root_half =
      0x3fe6a09e667f3bcd;  // x = 2^k m with m in [root_half, 2 root_half)
  constexpr std::uint64_t mantissa = 0x000fffffffffffff;
  constexpr std::uint64_t two_52 = 0x4330000000000000;  // in front of an integer: that of 2^52 + it
  const std::uint64_t shifted = std::bit_cast<std::uint64_t>(x) + (one - root_half);
  const double k = std::bit_cast<double>((shifted >> 52) | two_52) - (4503599627370496.0 + 1023.0);
  const double f = std::bit_cast<double>((shifted & mantissa) + root_half) - 1.0;

  // log m = 2 artanh s with s = f / (2 + f), |s| < 0.172; and 2 s = f - s f, which rounds little.
  const double s = f / (2.0 + f);
  const double z = s * s;
  // 2 z (1/3 + z/5 + z^2/7 + ...) as far as double needs it, in two independent halves.
  const double w = z * z;
  const double even =
      2.0 / 3.0 +
      w * (2.0 / 7.0 + w * (2.0 / 11.0 + w * (2.0 / 15.0 + w * (2.0 / 19.0 + w * (2.0 / 23.0)))));
  const double odd =
      2.0 / 5.0 + w * (2.0 / 9.0 + w * (2.0 / 13.0 + w * (2.0 / 17.0 + w * (2.0 / 21.0))));
  const double series = z * (even + z * odd);
  // log 2 in two parts; the product of k with the first is exact.
  constexpr double log2_high = 0x1.62e42feep-1;
  constexpr double log2_low = 0x1.a39ef35793c76p-33;
  return k * log2_high + (f - (s * (f - series) - k * log2_low));
}

}  // namespace phiscope::detail
