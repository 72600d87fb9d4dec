// SPDX-License-Identifier: MIT
// What the kernels use of CUDA, for the host: see block.hpp for how their threads run.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#define __global__
#define __device__
#define __host__
#define __launch_bounds__(...)
// Blocks run one after the other on a thread of the host.
#define __shared__ static thread_local

struct dim3 {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;
  explicit dim3(unsigned of_x = 1) : x(of_x) {}
};
extern thread_local dim3 threadIdx;
extern thread_local dim3 blockIdx;

using cudaStream_t = void*;
using cudaError_t = int;
/// Kernels are started by name (kernels.cpp): the host functions beside them are not called here.
cudaError_t cudaLaunchKernel(const void* kernel, dim3 blocks, dim3 threads, void** arguments,
                             std::size_t shared, cudaStream_t stream);

namespace phiscope::fake_gpu {
void meet_block();
/// Replaces a value by that of lane `from` of the warp.
void meet_warp(void* value, std::size_t bytes, unsigned mask, unsigned from);
unsigned own_lane();
}  // namespace phiscope::fake_gpu

inline void __syncthreads() {
  phiscope::fake_gpu::meet_block();
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned down) {
  const unsigned lane = phiscope::fake_gpu::own_lane();
  phiscope::fake_gpu::meet_warp(&value, sizeof value, mask, lane + down < 32 ? lane + down : lane);
  return value;
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, unsigned other) {
  phiscope::fake_gpu::meet_warp(&value, sizeof value, mask, phiscope::fake_gpu::own_lane() ^ other);
  return value;
}
inline unsigned long long atomicMin(unsigned long long* at, unsigned long long value) {
  const unsigned long long before = *at;
  if (value < before) *at = value;
  return before;
}
inline float __uint_as_float(unsigned bits) {
  float x = 0;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}
inline unsigned __float_as_uint(float x) {
  unsigned bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
inline float rsqrtf(float x) {
  return 1.0F / std::sqrt(x);
}
inline double rsqrt(double x) {
  return 1.0 / std::sqrt(x);
}
