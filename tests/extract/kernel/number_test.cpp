// SPDX-License-Identifier: MIT
#include "kernel/number.hpp"

#include "catch.hpp"
#include "kernel/row_product.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

using namespace phiscope::extract::kernel;

namespace {

/// The number that 16 bits encode, from the definition of the format.
double meaning(std::uint16_t bits, int exponent_bits, int mantissa_bits) {
  const int exponent = bits >> mantissa_bits & ((1 << exponent_bits) - 1);
  const int mantissa = bits & ((1 << mantissa_bits) - 1);
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const double sign = bits >> 15 != 0 ? -1.0 : 1.0;
  if (exponent == (1 << exponent_bits) - 1) {
    return mantissa != 0 ? std::numeric_limits<double>::quiet_NaN()
                         : sign * std::numeric_limits<double>::infinity();
  }
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias - mantissa_bits);
  return sign * std::ldexp((1 << mantissa_bits) + mantissa, exponent - bias - mantissa_bits);
}

struct Format {
  int exponent_bits;
  int mantissa_bits;
};

template <class T>
constexpr Format format_of{8, 7};
template <>
constexpr Format format_of<Float16>{5, 10};

template <class T>
double meaning(std::uint16_t bits) {
  return meaning(bits, format_of<T>.exponent_bits, format_of<T>.mantissa_bits);
}

/// Rounds by the definition: the nearer of the two neighbours, the even one of a tie. Infinity
/// is where the next number of the format would be.
template <class T>
std::uint16_t slowly_rounded(float x) {
  const Format f = format_of<T>;
  const auto infinity = static_cast<std::uint16_t>(((1 << f.exponent_bits) - 1) << f.mantissa_bits);
  const std::uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  const double size = std::fabs(static_cast<double>(x));
  if (std::isinf(size)) return sign | infinity;
  std::uint16_t low = 0;  // the largest number that is not larger
  for (std::uint16_t high = infinity; high - low > 1;) {
    const auto middle = static_cast<std::uint16_t>((low + high) / 2);
    (meaning<T>(middle) <= size ? low : high) = middle;
  }
  const auto up = static_cast<std::uint16_t>(low + 1);
  const double above =
      up == infinity ? std::ldexp(1.0, 1 << (f.exponent_bits - 1)) : meaning<T>(up);
  const double to_low = size - meaning<T>(low);
  const double to_up = above - size;
  return sign | (to_low < to_up || (to_low == to_up && low % 2 == 0) ? low : up);
}

template <class T>
int wrongly_widened() {
  std::vector<T> all(65536);
  for (std::size_t k = 0; k < all.size(); ++k) all[k].bits = static_cast<std::uint16_t>(k);
  std::vector<float> fast(all.size());
  widen_numbers(all.data(), all.size(), fast.data());
  int wrong = 0;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const double expected = meaning<T>(all[k].bits);
    const float one = widen(all[k]);
    const bool same = std::isnan(expected)
                          ? std::isnan(one) && std::signbit(one) == (k >= 32768)
                          : one == expected && std::signbit(one) == std::signbit(expected);
    wrong += !same || std::bit_cast<std::uint32_t>(one) != std::bit_cast<std::uint32_t>(fast[k]);
    wrong += !std::isnan(expected) && narrow<T>(one).bits != all[k].bits;
    wrong += std::isnan(expected) && !std::isnan(widen(narrow<T>(one)));
  }
  return wrong;
}

template <class T>
int wrongly_rounded() {
  int wrong = 0;
  const auto check = [&](float x) { wrong += narrow<T>(x).bits != slowly_rounded<T>(x); };
  // Around every number of the format and every middle between two.
  for (std::uint32_t k = 0; k + 1 < 65536; ++k) {
    const double low = meaning<T>(static_cast<std::uint16_t>(k));
    const double up = meaning<T>(static_cast<std::uint16_t>(k + 1));
    if (!std::isfinite(low) || !std::isfinite(up) || k == 0x7fff) continue;
    for (const double at : {low, (low + up) / 2}) {
      const auto x = static_cast<float>(at);
      check(x);
      check(std::nextafter(x, 0.0F));
      check(std::nextafter(x, std::copysign(std::numeric_limits<float>::infinity(), x)));
    }
  }
  std::mt19937 engine(3);
  for (int k = 0; k < 100000; ++k) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(engine()));
    if (!std::isnan(x)) check(x);
  }
  for (const float x : {65504.0F, 65519.996F, 65520.0F, 65536.0F, 3.3895314e38F, 3.3961775e38F,
                        std::numeric_limits<float>::max(), std::numeric_limits<float>::infinity(),
                        std::numeric_limits<float>::denorm_min(), 0.0F}) {
    check(x);
    check(-x);
  }
  return wrong;
}

}  // namespace

TEST_CASE("every pattern of 16 bits is widened to the number it means", "[number]") {
  CHECK(wrongly_widened<Bfloat16>() == 0);
  CHECK(wrongly_widened<Float16>() == 0);
}

TEST_CASE("numbers are rounded to the nearest of 16 bits, ties to even", "[number]") {
  CHECK(wrongly_rounded<Bfloat16>() == 0);
  CHECK(wrongly_rounded<Float16>() == 0);
}

TEST_CASE("what is not a number stays so", "[number]") {
  for (const std::uint32_t bits : {0x7f800001U, 0x7fc00000U, 0x7fffffffU, 0xff800001U}) {
    const float x = std::bit_cast<float>(bits);
    CHECK(std::isnan(widen(narrow<Bfloat16>(x))));
    CHECK(std::isnan(widen(narrow<Float16>(x))));
  }
}
