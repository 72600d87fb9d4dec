// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/wide_vectors.hpp>

#include <Eigen/Core>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>

namespace phiscope::detail {

/// Places begin, ..., end - 1 of a panel.
struct PanelRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// C[i][j] += sum over t of right[t][i] * left[t][j] for four i and some of `lanes` j, both packed.
/// The sum over t runs in P from zero, in order, so its digits depend on nothing else.
template <std::floating_point P>
struct OuterProducts {
  using Packet = typename Eigen::internal::packet_traits<P>::type;
  static constexpr std::size_t packet = Eigen::internal::packet_traits<P>::size;
  static constexpr std::size_t packets = 3;  // 3 x 4 sums and their factors fill 16 registers
  static constexpr std::size_t step = packets * packet;
  static constexpr std::size_t lanes = packets * 64 / sizeof(P);  // of three vectors of AVX-512
  static constexpr std::size_t columns = 4;
  static_assert(lanes % step == 0);

  using Targets = std::array<double*, columns>;  ///< start of each i's row of C

  /// @param left  [place][lanes], aligned to 64 bytes  @param right  [place][columns]
  /// @param ranges  places t that are added, in order
  /// @param first, last  lanes that are wanted; others may be added too
  static void add(const P* left, const P* right, std::span<const PanelRange> ranges,
                  std::size_t first, std::size_t last, const Targets& to) {
    if (has_wide_vectors()) {
      add_wide(left, right, ranges, to);
    } else {
      add_narrow(left, right, ranges, first, last, to);
    }
  }

  /// The same in vectors of Eigen.
  static void add_narrow(const P* left, const P* right, std::span<const PanelRange> ranges,
                         std::size_t first, std::size_t last, const Targets& to) {
    for (std::size_t j = first / step * step; j < last; j += step) {
      add_step(left + j, right, ranges, {to[0] + j, to[1] + j, to[2] + j, to[3] + j});
    }
  }

  /// The same in vectors of AVX-512, all lanes. @pre has_wide_vectors()
  static void add_wide(const P* left, const P* right, std::span<const PanelRange> ranges,
                       const Targets& to);

 private:
  /// `step` lanes.
  static void add_step(const P* left, const P* right, std::span<const PanelRange> ranges,
                       const Targets& to) {
    using Eigen::internal::ploadu;
    using Eigen::internal::pmadd;
    using Eigen::internal::pset1;
    using Eigen::internal::pstoreu;
    // NOLINTNEXTLINE(modernize-avoid-c-arrays): std::array drops the alignment of a packet
    Packet sums[columns][packets];
    for (auto& column : sums) {
      for (Packet& sum : column) sum = pset1<Packet>(P{0});
    }
    for (const PanelRange range : ranges) {
      const P* a = left + range.begin * lanes;
      const P* b = right + range.begin * columns;
      for (std::size_t t = range.begin; t < range.end; ++t, a += lanes, b += columns) {
        const Packet one = ploadu<Packet>(a);
        const Packet two = ploadu<Packet>(a + packet);
        const Packet three = ploadu<Packet>(a + 2 * packet);
        for (std::size_t i = 0; i < columns; ++i) {
          const Packet factor = pset1<Packet>(b[i]);
          sums[i][0] = pmadd(one, factor, sums[i][0]);
          sums[i][1] = pmadd(two, factor, sums[i][1]);
          sums[i][2] = pmadd(three, factor, sums[i][2]);
        }
      }
    }
    std::array<P, step> values;
    for (std::size_t i = 0; i < columns; ++i) {
      for (std::size_t k = 0; k < packets; ++k) pstoreu(values.data() + k * packet, sums[i][k]);
      for (std::size_t k = 0; k < step; ++k) to[i][k] += static_cast<double>(values[k]);
    }
  }
};

#if PHISCOPE_WIDE_VECTORS

template <>
PHISCOPE_WIDE_FUNCTION inline void OuterProducts<double>::add_wide(
    const double* left, const double* right, std::span<const PanelRange> ranges,
    const Targets& to) {
  // NOLINTNEXTLINE(modernize-avoid-c-arrays)
  __m512d sums[columns][packets];
  for (auto& column : sums) {
    for (__m512d& sum : column) sum = _mm512_setzero_pd();
  }
  for (const PanelRange range : ranges) {
    const double* a = left + range.begin * lanes;
    const double* b = right + range.begin * columns;
    for (std::size_t t = range.begin; t < range.end; ++t, a += lanes, b += columns) {
      const __m512d one = _mm512_loadu_pd(a);
      const __m512d two = _mm512_loadu_pd(a + 8);
      const __m512d three = _mm512_loadu_pd(a + 16);
      for (std::size_t i = 0; i < columns; ++i) {
        const __m512d factor = _mm512_set1_pd(b[i]);
        sums[i][0] = _mm512_fmadd_pd(one, factor, sums[i][0]);
        sums[i][1] = _mm512_fmadd_pd(two, factor, sums[i][1]);
        sums[i][2] = _mm512_fmadd_pd(three, factor, sums[i][2]);
      }
    }
  }
  for (std::size_t i = 0; i < columns; ++i) {
    for (std::size_t k = 0; k < packets; ++k) {
      double* const place = to[i] + 8 * k;
      _mm512_storeu_pd(place, _mm512_loadu_pd(place) + sums[i][k]);
    }
  }
}

template <>
PHISCOPE_WIDE_FUNCTION inline void OuterProducts<float>::add_wide(
    const float* left, const float* right, std::span<const PanelRange> ranges, const Targets& to) {
  // NOLINTNEXTLINE(modernize-avoid-c-arrays)
  __m512 sums[columns][packets];
  for (auto& column : sums) {
    for (__m512& sum : column) sum = _mm512_setzero_ps();
  }
  for (const PanelRange range : ranges) {
    const float* a = left + range.begin * lanes;
    const float* b = right + range.begin * columns;
    for (std::size_t t = range.begin; t < range.end; ++t, a += lanes, b += columns) {
      const __m512 one = _mm512_loadu_ps(a);
      const __m512 two = _mm512_loadu_ps(a + 16);
      const __m512 three = _mm512_loadu_ps(a + 32);
      for (std::size_t i = 0; i < columns; ++i) {
        const __m512 factor = _mm512_set1_ps(b[i]);
        sums[i][0] = _mm512_fmadd_ps(one, factor, sums[i][0]);
        sums[i][1] = _mm512_fmadd_ps(two, factor, sums[i][1]);
        sums[i][2] = _mm512_fmadd_ps(three, factor, sums[i][2]);
      }
    }
  }
  for (std::size_t i = 0; i < columns; ++i) {
    for (std::size_t k = 0; k < packets; ++k) {
      // NOLINTNEXTLINE(modernize-avoid-c-arrays)
      alignas(64) float values[16];
      _mm512_store_ps(values, sums[i][k]);
      for (std::size_t lane = 0; lane < 16; ++lane) {
        to[i][16 * k + lane] += static_cast<double>(values[lane]);
      }
    }
  }
}

#else

template <std::floating_point P>
void OuterProducts<P>::add_wide(const P*, const P*, std::span<const PanelRange>, const Targets&) {}

#endif

}  // namespace phiscope::detail
