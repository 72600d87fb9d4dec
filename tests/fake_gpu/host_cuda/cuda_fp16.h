// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>

struct __half {
  std::uint16_t bits;
};

inline __half __ushort_as_half(std::uint16_t bits) {
  return {bits};
}
inline std::uint16_t __half_as_ushort(__half x) {
  return x.bits;
}
inline float __half2float(__half x) {
  _Float16 number;
  std::memcpy(&number, &x.bits, sizeof number);
  return static_cast<float>(number);
}
inline __half __float2half_rn(float x) {
  const auto number = static_cast<_Float16>(x);
  __half half;
  std::memcpy(&half.bits, &number, sizeof number);
  return half;
}
