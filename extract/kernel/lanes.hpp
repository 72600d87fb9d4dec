// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/number.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#include <immintrin.h>
#define PHISCOPE_AVX2_LANES 1
#endif

namespace phiscope::extract::kernel {

/// 64 bytes of numbers that are computed with at once, in parts of the processor's size. Every kind
/// of lanes gives the same bits: the width is fixed, a product is added with one rounding, and the
/// sum has one order.
template <class S>
struct PortableLanes {
  static constexpr std::size_t width = 64 / sizeof(S);
  static constexpr std::size_t parts = 1;
  struct Part {
    S lane[width] = {};

    template <class T>
    static Part load(const T* from) {
      Part x;
      for (std::size_t l = 0; l < width; ++l) x.lane[l] = widen(from[l]);
      return x;
    }
    void hold() {}
    static Part all(S value) {
      Part x;
      std::fill_n(x.lane, width, value);
      return x;
    }
    void store(S* to) const { std::copy_n(lane, width, to); }
    /// this + a * b
    void add_product(const Part& a, const Part& b) {
      for (std::size_t l = 0; l < width; ++l) lane[l] = std::fma(a.lane[l], b.lane[l], lane[l]);
    }
  };
  /// Lanes l and l + width / 2 first, and so on to the last two.
  static S sum(const Part (&x)[parts]) {
    Part rest = x[0];
    for (std::size_t half = width / 2; half > 0; half /= 2) {
      for (std::size_t l = 0; l < half; ++l) rest.lane[l] += rest.lane[l + half];
    }
    return rest.lane[0];
  }
};

#ifdef PHISCOPE_AVX2_LANES
struct FloatLanes {
  static constexpr std::size_t width = 16;
  static constexpr std::size_t parts = 2;
  struct Part {
    __m256 lane = _mm256_setzero_ps();

    static Part load(const float* from) { return {_mm256_loadu_ps(from)}; }
    static Part load(const Bfloat16* from) {
      const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
      return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16))};
    }
    static Part load(const Float16* from) {
      return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)))};
    }
    /// Stays in a register: otherwise the compiler reloads it for every product.
    void hold() { asm("" : "+x"(lane)); }
    static Part all(float value) { return {_mm256_set1_ps(value)}; }
    void store(float* to) const { _mm256_storeu_ps(to, lane); }
    void add_product(const Part& a, const Part& b) { lane = _mm256_fmadd_ps(a.lane, b.lane, lane); }
  };
  static float sum(const Part (&x)[parts]) {
    const __m256 eight = _mm256_add_ps(x[0].lane, x[1].lane);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
};

struct DoubleLanes {
  static constexpr std::size_t width = 8;
  static constexpr std::size_t parts = 2;
  struct Part {
    __m256d lane = _mm256_setzero_pd();

    static Part load(const double* from) { return {_mm256_loadu_pd(from)}; }
    void hold() { asm("" : "+x"(lane)); }
    static Part all(double value) { return {_mm256_set1_pd(value)}; }
    void store(double* to) const { _mm256_storeu_pd(to, lane); }
    void add_product(const Part& a, const Part& b) { lane = _mm256_fmadd_pd(a.lane, b.lane, lane); }
  };
  static double sum(const Part (&x)[parts]) {
    const __m256d four = _mm256_add_pd(x[0].lane, x[1].lane);
    const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
  }
};

template <class S>
using Lanes = std::conditional_t<std::is_same_v<S, float>, FloatLanes, DoubleLanes>;
#else
template <class S>
using Lanes = PortableLanes<S>;
#endif

template <class L>
constexpr std::size_t part_width = L::width / L::parts;

}  // namespace phiscope::extract::kernel
