// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/storage_type.hpp"

#include <cuda_fp16.h>

namespace phiscope::extract::kernel {

// The functions of number.hpp on a GPU, under another name as that header is C++20. Exact.
__device__ inline float widened(float x) {
  return x;
}
__device__ inline double widened(double x) {
  return x;
}
__device__ inline float widened(Bfloat16 x) {
  return __uint_as_float(static_cast<unsigned>(x.bits) << 16);
}
__device__ inline float widened(Float16 x) {
  return __half2float(__ushort_as_half(x.bits));
}

/// x as a number of type T, rounded to nearest, ties to even. NaN stays NaN.
template <class T>
__device__ T narrowed(Wide<T> x);

template <>
__device__ inline float narrowed<float>(float x) {
  return x;
}
template <>
__device__ inline double narrowed<double>(double x) {
  return x;
}
template <>
__device__ inline Bfloat16 narrowed<Bfloat16>(float x) {
  const unsigned bits = __float_as_uint(x);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return {0x7fc0};
  return {static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16)};
}
template <>
__device__ inline Float16 narrowed<Float16>(float x) {
  return {__half_as_ushort(__float2half_rn(x))};
}

}  // namespace phiscope::extract::kernel
