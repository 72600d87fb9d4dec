// SPDX-License-Identifier: MIT
// Numbers that a thread reads or writes at once: 16 bytes of the storage type.
#pragma once

#include "kernel/cuda/number.cuh"

#include <cstddef>
#include <cstdint>

namespace phiscope::extract::kernel {

template <class T>
constexpr std::size_t chunk_width = 16 / sizeof(T);

/// `width` numbers, aligned so that they are read in pieces of 16 bytes.
template <class T, std::size_t width>
struct alignas(16) Chunk {
  T units[width];
};

/// Whether an array begins where chunks may.
template <class T>
__device__ bool in_whole_chunks(const T* array) {
  return reinterpret_cast<std::uintptr_t>(array) % 16 == 0;
}

/// chunk[i] = array[begin + i]; what lies at `end` or beyond is not read and counts as 0.
/// @param aligned  array + begin is where a chunk may begin
template <class T, std::size_t width>
__device__ void read_chunk(const T* array, std::size_t begin, std::size_t end, bool aligned,
                           Wide<T> (&chunk)[width]) {
  if (aligned && begin + width <= end) {
    const auto read = *reinterpret_cast<const Chunk<T, width>*>(array + begin);
    for (std::size_t i = 0; i < width; ++i) chunk[i] = widened(read.units[i]);
  } else {
    for (std::size_t i = 0; i < width; ++i) {
      chunk[i] = begin + i < end ? widened(array[begin + i]) : Wide<T>{0};
    }
  }
}

/// array[begin + i] = chunk[i], rounded; nothing at `end` or beyond. Arguments as read_chunk().
template <class T, std::size_t width>
__device__ void write_chunk(const Wide<T> (&chunk)[width], T* array, std::size_t begin,
                            std::size_t end, bool aligned) {
  if (aligned && begin + width <= end) {
    Chunk<T, width> written;
    for (std::size_t i = 0; i < width; ++i) written.units[i] = narrowed<T>(chunk[i]);
    *reinterpret_cast<Chunk<T, width>*>(array + begin) = written;
  } else {
    for (std::size_t i = 0; i < width && begin + i < end; ++i) {
      array[begin + i] = narrowed<T>(chunk[i]);
    }
  }
}

/// The sum over `lanes` neighbouring threads of a warp, in each of them the same bits.
template <unsigned lanes, class S>
__device__ S sum_of_lanes(S sum) {
  for (unsigned half = lanes / 2; half > 0; half /= 2) {
    sum += __shfl_xor_sync(0xffffffffU, sum, half);
  }
  return sum;
}

}  // namespace phiscope::extract::kernel
