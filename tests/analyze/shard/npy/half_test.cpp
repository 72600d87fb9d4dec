// SPDX-License-Identifier: MIT
#include "shard/npy/half.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

using phiscope::shard::bfloat16_to_float;
using phiscope::shard::float_to_half;
using phiscope::shard::half_to_float;

namespace {

/// By the definition of binary16, in double.
double half_by_definition(std::uint16_t half) {
  const double sign = (half & 0x8000U) != 0 ? -1.0 : 1.0;
  const int exponent = (half >> 10U) & 0x1F;
  const int mantissa = half & 0x3FF;
  if (exponent == 31) return mantissa == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(1024 + mantissa, exponent - 25);
}

/// The nearest of all finite halves, ties to the even one; infinity from halfway past the largest.
std::uint16_t nearest_half(double value) {
  if (std::abs(value) >= 65520.0) return std::signbit(value) ? 0xFC00U : 0x7C00U;
  const double magnitude = std::abs(value);
  std::uint16_t low = 0;
  std::uint16_t high = 0x7BFF;  // bits of positive halves are ordered as their values
  while (low < high) {
    const auto middle = static_cast<std::uint16_t>((low + high + 1) / 2);
    if (half_by_definition(middle) <= magnitude) {
      low = middle;
    } else {
      high = static_cast<std::uint16_t>(middle - 1);
    }
  }
  const auto next = static_cast<std::uint16_t>(low + 1);
  const double below = magnitude - half_by_definition(low);
  const double above = (next == 0x7C00U ? 65536.0 : half_by_definition(next)) - magnitude;
  const bool up = above < below || (above == below && (low & 1U) != 0);
  return static_cast<std::uint16_t>((up ? next : low) | (std::signbit(value) ? 0x8000U : 0U));
}

}  // namespace

TEST_CASE("every half is the float of its definition and comes back", "[half]") {
  int wrong = 0;
  for (std::uint32_t bits = 0; bits <= 0xFFFFU; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = half_to_float(half);
    const double expected = half_by_definition(half);
    if (std::isnan(expected)) {
      wrong += std::isnan(value) && std::isnan(half_to_float(float_to_half(value))) ? 0 : 1;
    } else {
      const bool same = static_cast<double>(value) == expected &&
                        std::signbit(value) == std::signbit(expected) &&
                        float_to_half(value) == half;
      wrong += same ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a float becomes the nearest half, ties to even", "[half]") {
  std::mt19937_64 engine(3);
  int wrong = 0;
  for (int i = 0; i < 200000; ++i) {
    // Exponents around those of halves, mantissas often near a tie.
    const std::uint32_t exponent = 95U + static_cast<std::uint32_t>(engine() % 52U);
    std::uint32_t mantissa = static_cast<std::uint32_t>(engine()) & 0x7FFFFFU;
    if (i % 3 == 0) mantissa = (mantissa & 0x7FE000U) | 0x1000U;
    if (i % 3 == 1) mantissa = (mantissa & 0x7FF000U) | 1U;
    const std::uint32_t sign = (engine() & 1U) != 0 ? 0x80000000U : 0U;
    const auto value = std::bit_cast<float>(sign | (exponent << 23U) | mantissa);
    wrong += float_to_half(value) == nearest_half(static_cast<double>(value)) ? 0 : 1;
  }
  CHECK(wrong == 0);
  CHECK(float_to_half(65519.996F) == 0x7BFF);
  CHECK(float_to_half(65520.0F) == 0x7C00);
  CHECK(float_to_half(-INFINITY) == 0xFC00);
  CHECK(float_to_half(0x1p-25F) == 0);
  CHECK(float_to_half(-0x1.8p-25F) == 0x8001);
  CHECK(std::isnan(half_to_float(float_to_half(NAN))));
}

TEST_CASE("a bfloat16 is the upper half of a float", "[half]") {
  CHECK(bfloat16_to_float(0x3F80) == 1.0F);
  CHECK(bfloat16_to_float(0xC020) == -2.5F);
  CHECK(bfloat16_to_float(0x7F80) == INFINITY);
}
