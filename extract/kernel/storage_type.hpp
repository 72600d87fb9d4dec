// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <type_traits>

/// Before functions that CUDA kernels and their twins on the CPU have in common.
#ifdef __CUDACC__
#define PHISCOPE_HOST_DEVICE __host__ __device__
#else
#define PHISCOPE_HOST_DEVICE
#endif

// CUDA files read this header as C++17.
namespace phiscope::extract::kernel {

/// Storage types of 16 bits; an array of them is an array of std::uint16_t.
struct Bfloat16 {
  std::uint16_t bits = 0;
};
struct Float16 {
  std::uint16_t bits = 0;
};

/// What numbers of a storage type are computed in: float, and double for double.
template <class T>
using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;

}  // namespace phiscope::extract::kernel
