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

}  // namespace phiscope::extract::kernel
