// SPDX-License-Identifier: MIT
#pragma once

/// PHISCOPE_WIDE_VECTORS: the compiler can write single functions for AVX-512, and what they
/// compute has the digits of the rest, since that has fused multiply-adds as well. Where the whole
/// is compiled for AVX-512 nothing remains to be chosen.
#if defined(__x86_64__) && defined(__FMA__) && !defined(__AVX512F__) && defined(__GNUC__)
#define PHISCOPE_WIDE_VECTORS 1
#define PHISCOPE_WIDE_FUNCTION __attribute__((target("avx512f,avx512dq")))
#include <immintrin.h>
#else
#define PHISCOPE_WIDE_VECTORS 0
#define PHISCOPE_WIDE_FUNCTION
#endif

namespace phiscope::detail {

/// The processor has AVX-512, and there are functions for it.
[[nodiscard]] inline bool has_wide_vectors() noexcept {
#if PHISCOPE_WIDE_VECTORS
  static const bool has =
      __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0;
  return has;
#else
  return false;
#endif
}

}  // namespace phiscope::detail
