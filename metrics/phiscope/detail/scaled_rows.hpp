// SPDX-License-Identifier: MIT
#pragma once

#include <phiscope/detail/lagged_moments.hpp>
#include <phiscope/detail/lagged_rows.hpp>

#include <Eigen/Core>

#include <concepts>
#include <cstddef>

namespace phiscope::detail {

/// Asks for some series of a row, if there is such a row: the rows that a loop will want lie far
/// apart in memory.
template <std::floating_point T>
void prefetch_row(const LaggedRows<T>& data, std::size_t time, std::size_t first,
                  std::size_t count) {
  constexpr std::size_t line = 64 / sizeof(T);
  if (time >= data.rows.size()) return;
  for (std::size_t j = 0; j < count; j += line) {
    Eigen::internal::prefetch(data.rows[time] + first + j);
  }
}

/// Writes the scaled values of series first, ..., first + count - 1 of a row in blocks, as one
/// place of [block of series][place][series].
/// @param stored  places from one block to the next
template <std::size_t block, std::size_t stored, std::floating_point T, std::floating_point P>
void pack_scaled(const T* row, const LaggedMoments& moments, std::size_t first, std::size_t count,
                 P* to) {
  const double* const centre = moments.centre.data() + first;
  const double* const scale = moments.scale.data() + first;
  const T* const from = row + first;
  const auto value = [&](std::size_t j) {
    return static_cast<P>((static_cast<double>(from[j]) - centre[j]) * scale[j]);
  };
  std::size_t j = 0;
  for (; j + block <= count; j += block, to += block * stored) {
    for (std::size_t k = 0; k < block; ++k) to[k] = value(j + k);
  }
  for (std::size_t k = 0; j + k < count; ++k) to[k] = value(j + k);
}

}  // namespace phiscope::detail
