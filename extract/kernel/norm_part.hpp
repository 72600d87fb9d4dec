// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/storage_type.hpp"

#include <cmath>
#include <cstddef>

namespace phiscope::extract::kernel {

/// Lanes that share the units of a head, a warp of a GPU: chunk c of NormLane::width units belongs
/// to lane c % norm_lanes. Their totals are added in pairs: lanes l and l + 16 first, then l + 8,
/// and so on.
constexpr std::size_t norm_lanes = 32;

/// Sums of squares of one lane.
template <class T>
struct NormLane {
  static constexpr std::size_t width = 16 / sizeof(T);  ///< units that are read at once
  Wide<T> sums[width] = {};

  /// Adds the squares of a chunk; what a head has not to its end counts as 0.
  PHISCOPE_HOST_DEVICE void add(const Wide<T> (&chunk)[width]) {
    for (std::size_t i = 0; i < width; ++i) sums[i] = std::fma(chunk[i], chunk[i], sums[i]);
  }

  [[nodiscard]] PHISCOPE_HOST_DEVICE Wide<T> total() const {
    NormLane rest = *this;
    for (std::size_t half = width / 2; half > 0; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) rest.sums[i] += rest.sums[i + half];
    }
    return rest.sums[0];
  }
};

}  // namespace phiscope::extract::kernel
