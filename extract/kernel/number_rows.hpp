// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/lanes.hpp"

#include <algorithm>
#include <cstddef>

namespace phiscope::extract::kernel {

// A loop over numbers that does one step goes in vectors, which one of several steps with numbers
// of 16 bits does not.

/// As many numbers as are computed with in one go, in the first cache.
constexpr std::size_t most_in_row = 256;

/// to[i] = from[i], exact.
template <class T>
void widen_row(const T* from, std::size_t count, Wide<T>* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = widen(from[i]);
}

/// to[i] = from[i], rounded.
template <class T>
void narrow_row(const Wide<T>* from, std::size_t count, T* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = narrow<T>(from[i]);
}

#ifdef PHISCOPE_AVX2_LANES
template <>
inline void widen_row(const Float16* from, std::size_t count, float* to) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
    _mm256_storeu_ps(to + i, _mm256_cvtph_ps(bits));
  }
  for (; i < count; ++i) to[i] = widen(from[i]);
}

template <>
inline void narrow_row(const float* from, std::size_t count, Float16* to) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i bits = _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), bits);
  }
  for (; i < count; ++i) to[i] = narrow<Float16>(from[i]);
}
#endif

/// The numbers themselves where they need not be widened, else widened in `room`.
template <class T>
const Wide<T>* widened_row(const T* from, std::size_t count, Wide<T>* room) {
  if constexpr (std::is_same_v<T, Wide<T>>) {
    return from;
  } else {
    widen_row(from, count, room);
    return room;
  }
}

/// Where numbers are computed that narrowed_row() puts to `to`: there, if nothing is to be rounded.
template <class T>
Wide<T>* row_for(T* to, Wide<T>* room) {
  if constexpr (std::is_same_v<T, Wide<T>>) {
    return to;
  } else {
    return room;
  }
}
template <class T>
void narrowed_row(const Wide<T>* computed, std::size_t count, T* to) {
  if constexpr (!std::is_same_v<T, Wide<T>>) narrow_row(computed, count, to);
}

/// Rounds numbers to T. @pre count <= most_in_row
template <class T>
void round_row(Wide<T>* numbers, std::size_t count) {
  if constexpr (!std::is_same_v<T, Wide<T>>) {
    T rounded[most_in_row];
    narrow_row(numbers, count, rounded);
    widen_row(rounded, count, numbers);
  }
}

/// Calls work(begin, count) for parts of [0, size).
template <class Work>
void in_rows(std::size_t size, Work work) {
  for (std::size_t begin = 0; begin < size; begin += most_in_row) {
    work(begin, std::min(most_in_row, size - begin));
  }
}

}  // namespace phiscope::extract::kernel
